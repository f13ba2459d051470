import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { expect, test } from '@playwright/test'

import { prepare } from '../../src/index.ts'
import { checkLeaks } from '../fixtures/leaks.ts'
import { image } from './run-fledge.ts'
import { inTerminal, type TerminalRun } from './terminal.ts'

const run = promisify(execFile)

/** Programs that take the whole terminal. */
const packages = ['tmux', 'vim-tiny']

test.beforeAll(async () => {
  test.setTimeout(0)
  await prepare(image, { include: { packages } })
})
test.slow()

async function openShell(): Promise<TerminalRun> {
  const shell = inTerminal(['shell', image, '--include', packages.join(',')])
  await shell.until(/# $/)
  return shell
}

test('vi opens in fledge shell, follows the size of the terminal, types, saves and quits', async () => {
  await using shell = await openShell()
  const terminal = await shell.terminal
  shell.type('vi -u NONE /root/notes\r')
  await shell.until(/"~\/notes" \[New/)
  await run('stty', ['-F', terminal, 'rows', '30', 'cols', '100'])
  shell.type('ihello from vi\u001B')
  // Rows and columns come one after the other.
  for (let shown = ''; shown !== 'columns=100';) {
    shell.type(':set columns?\r')
    shown = await shell.until(/columns=\d+/)
  }
  shell.type(':set lines?\r')
  await shell.until(/lines=30/)
  shell.type(':wq\r')
  await shell.until(/written/)
  await shell.until(/# $/)
  shell.type('cat /root/notes; stty size\r')
  await shell.until(/hello from vi\r\n30 100\r\n/)
  shell.type('exit 3\r')
  expect(await shell.ended).toBe(3)
})

test('tmux runs in fledge shell: it has windows, is left, and is come back to', async () => {
  await using shell = await openShell()
  shell.type('tmux\r')
  // Its line at the bottom.
  await shell.until(/\[0\] 0:bash\*/)
  shell.type('echo in-$((40 + 2))\r')
  await shell.until(/in-42/)
  shell.type('\u0002c')
  await shell.until(/1:bash\*/)
  shell.type('\u0002d')
  await shell.until(/\[detached \(from session 0\)\]/)
  await shell.until(/# $/)
  shell.type('tmux list-windows -F "#{window_index} of #{session_windows}"\r')
  await shell.until(/0 of 2\r\n1 of 2\r\n/)
  shell.type('tmux attach -t :0\r')
  await shell.until(/in-42/)
  shell.type('\u0002d')
  await shell.until(/\[detached/)
  shell.type('tmux kill-server; exit\r')
  expect(await shell.ended).toBe(0)
})

checkLeaks()
