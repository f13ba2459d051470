import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { ownScript } from '../../../src/template/claim-over-ssh.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { test } from '../test-in-folder.ts'

const timeMs = 1_500_000_000_250

/** Runs the script as a guest of some system would, twice, as after a reboot; gives what its programs were told. */
async function claim(folder: string, system: string): Promise<string> {
  const told = join(folder, 'told')
  const programs = `uname() { echo ${system}; }
hostname() { echo "hostname $*" >> '${told}'; }
date() { echo "date $*" >> '${told}'; }`
  const script = ownScript('web', Buffer.from([1, 2]), timeMs).replaceAll('/etc/', `${folder}/etc/`)
  for (const turn of ['first', 'second']) {
    await writeFile(told, '')
    const said = execFileSync('/bin/sh', ['-euc', `${programs}\n${script}`], { encoding: 'utf8' })
    expect(said, turn).toBe('')
  }
  return readFile(told, 'utf8')
}

test('ownScript() gives a Linux its name in all places, once, and the time', async ({ folder }) => {
  await mkdir(join(folder, 'etc'))
  await writeFile(join(folder, 'etc/hostname'), 'fledge\n')
  await writeFile(join(folder, 'etc/hosts'), '127.0.0.1 localhost web-10\n')
  expect(await claim(folder, 'Linux')).toBe('hostname web\ndate -u -s @1500000000.250\n')
  expect(await readFile(join(folder, 'etc/hostname'), 'utf8')).toBe('web\n')
  expect(await readFile(join(folder, 'etc/hosts'), 'utf8')).toBe(
    '127.0.0.1 localhost web-10\n127.0.1.1 web\n',
  )
})

test('ownScript() makes no file that a BSD does not have, and sets the time as those do', async ({
  folder,
}) => {
  await mkdir(join(folder, 'etc'))
  await writeFile(join(folder, 'etc/hosts'), '::1 localhost\n')
  expect(await claim(folder, 'FreeBSD')).toBe('hostname web\ndate -u 201707140240.00\n')
  await expect(readFile(join(folder, 'etc/hostname'))).rejects.toMatchObject({ code: 'ENOENT' })
})

checkLeaks()
