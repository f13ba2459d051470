import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../fixtures/leaks.ts'
import { descendants, image, isAlive, prepareImage } from './run-fledge.ts'
import { inTerminal } from './terminal.ts'

const run = promisify(execFile)

prepareImage()
test.slow()

test('fledge shell is a shell in a terminal, which follows the size of ours, and ends as it does', async () => {
  await using shell = inTerminal(['shell', image, '--env', 'GREETING=hello'])
  const terminal = await shell.terminal
  await shell.until(
    /fledge: this is "debian-13-minimal-\w+", fresh from debian:13-minimal; it is gone when you leave/,
  )
  await shell.until(/root@\S+:~# /)
  // Nothing on the way makes more of what the guest shows than it is.
  shell.type("printf '1\\r\\n2\\n'; stty -opost; printf '3\\r\\n4\\n'; stty opost; echo\r")
  await shell.until(/1\r\r\n2\r\n3\r\n4\n/)
  shell.type('tty; stty size; echo $TERM $GREETING\r')
  await shell.until(/\/dev\/pts\/\d+\r\n24 80\r\nxterm-256color hello\r\n/)
  await run('stty', ['-F', terminal, 'rows', '33', 'cols', '111'])
  shell.type('stty size\r')
  await shell.until(/33 111\r\n/)
  // Ctrl-C is the guest's.
  shell.type('sleep 1000\r')
  await shell.until(/sleep 1000\r\n/)
  shell.type('\u0003')
  await shell.until(/\^C[^]*# /)
  shell.type('exit 7\r')
  expect(await shell.ended).toBe(7)
})

test('fledge shell has the name of a terminal that the guest knows, and begins where it is told', async () => {
  await using shell = inTerminal(['shell', image, '--user', 'nobody', '--cwd', '/srv'], { TERM: 'of-nobody' })
  // Debian lets nobody log in as nobody.
  expect(await shell.ended).toBe(1)
  expect(shell.shown).toContain('This account is currently not available')
  await using root = inTerminal(['shell', image, '--cwd', '/srv'], { TERM: 'of-nobody' })
  await root.until(/root@\S+:\/srv# /)
  root.type('echo $TERM\r')
  await root.until(/xterm-256color\r\n/)
  root.type('\u0004')
  expect(await root.ended).toBe(0)
})

test('fledge shell is left by "~.", and by the end of its terminal, and leaves nothing', async () => {
  for (const end of ['~.', 'hang up'] as const) {
    await using shell = inTerminal(['shell', image])
    await shell.until(/# $/)
    shell.type('sleep 1000\r')
    await shell.until(/sleep 1000\r\n/)
    const below = await descendants(shell.pid ?? 0)
    expect([...below.values()].filter((name) => name.startsWith('qemu'))).toHaveLength(1)
    if (end === '~.') {
      shell.type('\r~.')
      expect(await shell.ended).toBe(0)
      // The terminal is as it was before.
      expect(shell.shown).toContain('\u001B[?1049l')
    } else {
      await shell.hangUp()
    }
    await expect.poll(() => [...below.keys()].filter((pid) => isAlive(pid)), { timeout: 30_000 }).toEqual([])
  }
})

test('fledge shell says how its machine ended, on a terminal that is as before', async () => {
  await using shell = inTerminal(['shell', image])
  await shell.until(/# $/)
  shell.type('poweroff -ff\r')
  expect(await shell.ended).toBe(1)
  expect(shell.shown).toMatch(
    /fledge: The (?:agent of the )?machine "debian-13-minimal-\w+" (?:ended|went away|powered itself off)/,
  )
})

checkLeaks()
