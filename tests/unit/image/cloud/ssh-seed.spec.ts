import { execFile } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect } from '@playwright/test'

import { sshSeedDigest, writeSshSeed } from '../../../../src/image/cloud/ssh-seed.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'
import { test } from '../../test-in-folder.ts'

const run = promisify(execFile)
const publicKey = "ssh-ed25519 AAAA it's ours"
const noisyUnits = ['noise.timer']

interface UserData {
  readonly runcmd: readonly [string]
}

/** Writes a seed into a folder of its own, and reads what it has for the guest. */
async function userData(folder: string): Promise<UserData> {
  const seed = join(folder, 'seed')
  await mkdir(seed)
  await writeSshSeed(seed, { publicKey, noisyUnits, mac: '52:54:00:00:00:01' })
  const [first = '', ...rest] = (await readFile(join(seed, 'user-data'), 'utf8')).split('\n')
  // By this line cloud-init and nuageinit know what it is; JSON is YAML.
  expect(first).toBe('#cloud-config')
  return JSON.parse(rest.join('\n')) as UserData
}

test('writeSshSeed() writes what NoCloud reads, and no agent', async ({ folder }) => {
  await writeSshSeed(folder, { publicKey, noisyUnits, mac: '52:54:00:00:00:01' })
  expect((await readdir(folder)).toSorted()).toEqual(['meta-data', 'network-config', 'user-data'])
  expect(await readFile(join(folder, 'meta-data'), 'utf8')).toMatch(/^instance-id: \S+$/m)
  expect(JSON.parse(await readFile(join(folder, 'network-config'), 'utf8'))).toMatchObject({
    ethernets: { fledge: { match: { macaddress: '52:54:00:00:00:01' } } },
  })
})

test('only what lets us in is run, and it is text, as nuageinit takes no lists of words', async ({
  folder,
}) => {
  expect(await userData(folder)).toEqual({
    runcmd: [expect.stringContaining('authorized_keys')],
    cloud_init_modules: ['users-groups', 'ssh'],
    cloud_config_modules: ['runcmd'],
    cloud_final_modules: ['scripts-user'],
  })
})

test('what is masked changes how an image is prepared', () => {
  expect(sshSeedDigest({ noisyUnits })).toMatch(/^[0-9a-f]{64}$/)
  expect(sshSeedDigest({ noisyUnits })).toBe(sshSeedDigest({ noisyUnits: ['noise.timer'] }))
  expect(sshSeedDigest({ noisyUnits })).not.toBe(sshSeedDigest({ noisyUnits: [] }))
})

for (const permitted of ['no', 'prohibit-password'] as const) {
  test(`its script lets root in where the server's setting is "${permitted}"`, async ({ folder }) => {
    const bin = join(folder, 'bin')
    await mkdir(bin)
    await mkdir(join(folder, 'etc/ssh'), { recursive: true })
    await mkdir(join(folder, 'root/.ssh'), { recursive: true })
    await writeFile(join(folder, 'etc/ssh/sshd_config'), `PermitRootLogin ${permitted}\n`)
    await writeFile(join(folder, 'root/.ssh/authorized_keys'), 'another key\n')
    // A system without systemd, whose programs say what they were asked.
    const programs = { sshd: `echo "permitrootlogin ${permitted}"`, service: `echo "$@" >> ${folder}/asked` }
    for (const [name, text] of Object.entries(programs)) {
      await writeFile(join(bin, name), `#!/bin/sh\n${text}\n`)
      await chmod(join(bin, name), 0o755)
    }
    const { runcmd } = await userData(folder)
    const script = runcmd[0]
      .replaceAll('/etc/', `${folder}/etc/`)
      .replaceAll('/root/', `${folder}/root/`)
      .replaceAll('/run/', `${folder}/run/`)
    for (const name of ['cat', 'chmod', 'grep', 'mkdir', 'mv']) {
      await run('sh', ['-c', 'ln -s "$(command -v "$1")" "$2"', 'sh', name, join(bin, name)])
    }
    await run('/bin/sh', ['-c', script], { env: { PATH: bin } })
    expect(await readFile(join(folder, 'root/.ssh/authorized_keys'), 'utf8')).toBe(
      `another key\n${publicKey}\n`,
    )
    expect((await stat(join(folder, 'root/.ssh/authorized_keys'))).mode & 0o777).toBe(0o600)
    const settings = await readFile(join(folder, 'etc/ssh/sshd_config'), 'utf8')
    expect(settings.split('\n')[0]).toBe('PermitRootLogin prohibit-password')
    const asked = await readFile(join(folder, 'asked'), 'utf8').catch(() => '')
    expect(asked).toBe(permitted === 'no' ? 'sshd restart\n' : '')
  })
}

checkLeaks()
