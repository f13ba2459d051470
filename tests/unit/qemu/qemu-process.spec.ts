import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, writeFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

import { expect } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { describeExit, QemuProcess } from '../../../src/qemu/qemu-process.ts'
import { compileLibrary } from '../compiled-library.ts'
import { test as inFolder } from '../test-in-folder.ts'

/** A `QemuProcess` of a shell script, whose arguments are `sh -c SCRIPT`. */
const test = inFolder.extend<{ overlay: FileHandle; shell: (script: string) => QemuProcess }>({
  overlay: async ({ folder }, use) => {
    await using file = await open(join(folder, 'overlay'), 'w+')
    await use(file)
  },
  shell: async ({ overlay }, use) => {
    const started: QemuProcess[] = []
    await use((script) => {
      const child = new QemuProcess({ path: '/bin/sh', args: ['-c', script], overlay: overlay.fd })
      started.push(child)
      return child
    })
    for (const child of started) {
      child.kill()
      await child.exited
    }
  },
})

/** Whether a process still runs; one that nobody has waited for does not. */
async function runs(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat !== '' && !/\) Z /.test(stat)
}

test('exited tells the exit code and what was said', async ({ shell }) => {
  const exit = await shell('echo oops >&2; exit 3').exited
  expect(exit).toEqual({ code: 3, signal: null, stderr: 'oops' })
  expect(describeExit(exit)).toBe('QEMU ended with exit code 3: oops')
})

test('exited tells the signal that ended it', async ({ shell }) => {
  const exit = await shell('kill -SEGV $$').exited
  expect(exit).toEqual({ code: null, signal: 'SIGSEGV', stderr: '' })
  expect(describeExit(exit)).toBe('QEMU was ended by SIGSEGV')
})

test('exited keeps the end of what was said, without the known noise', async ({ shell }) => {
  const noise = 'qemu: warning: hub 1 is not connected to host network'
  const script = `
    i=0; while [ $i -lt 3000 ]; do echo "line $i of many"; i=$((i + 1)); done >&2
    printf '%s\\n\\nthe last one\\n%s\\n' '${noise}' '${noise}' >&2`
  const { stderr } = await shell(script).exited
  expect(stderr.length).toBeLessThanOrEqual(16_384)
  expect(stderr.length).toBeGreaterThan(15_000)
  expect(stderr).toMatch(/line 2999 of many\nthe last one$/)
})

test('exited tells of a program that is not there', async ({ overlay }) => {
  const child = new QemuProcess({ path: '/nonexistent/qemu', args: [], overlay: overlay.fd })
  expect(await child.exited).toMatchObject({
    code: 127,
    stderr: expect.stringContaining('/nonexistent/qemu'),
  })
})

test('a missing setpriv is told, and throws nothing out of turn', async ({ folder, overlay }) => {
  const before = process.env['PATH']
  process.env['PATH'] = folder
  try {
    const child = new QemuProcess({ path: '/bin/true', args: [], overlay: overlay.fd })
    expect(() => child.pid).toThrow(expect.objectContaining({ code: 'ERR_FLEDGE_TOOL_MISSING' }))
    expect((await child.exited).stderr).toContain('ENOENT')
    await expect(child.qmp.connect()).rejects.toMatchObject({ code: 'ERR_FLEDGE_QEMU' })
  } finally {
    process.env['PATH'] = before
  }
})

test('the end of the process fails what waits for QMP, with the reason', async ({ shell }) => {
  const child = shell('read line <&3; echo "no more memory" >&2; kill -KILL $$')
  const call = child.qmp.run('query-status')
  await expect(call).rejects.toMatchObject({
    code: 'ERR_FLEDGE_QEMU',
    message: 'QEMU was ended by SIGKILL: no more memory',
  })
  await expect(child.qmp.run('stop')).rejects.toThrow('no more memory')
})

test('the process has its pipes and files, and no other of ours', async ({ folder, overlay }) => {
  await writeFile(join(folder, 'devices'), 'frozen')
  await using incoming = await open(join(folder, 'devices'))
  await using secret = await open(join(folder, 'secret'), 'w+')
  const script = `echo serial >&4; read line <&5; echo "agent $line" >&5; printf overlay >&6; cat <&7 >&2
    readlink /proc/self/fd/* >&2`
  const child = new QemuProcess({
    path: '/bin/sh',
    args: ['-c', script],
    overlay: overlay.fd,
    incoming: incoming.fd,
  })
  const lines = [child.serial, child.agent].map(async (port) => {
    const [line] = (await once(createInterface(port), 'line')) as [string]
    return line
  })
  child.agent.write('hello\n')
  expect(await Promise.all(lines)).toEqual(['serial', 'agent hello'])
  const { stderr } = await child.exited
  expect(stderr).toContain('frozen')
  expect(stderr.split('\n').filter((line) => line.startsWith(folder))).toEqual([
    join(folder, 'overlay'),
    join(folder, 'devices'),
  ])
  expect(secret.fd).toBeGreaterThan(0)
  expect(await readFile(join(folder, 'overlay'), 'utf8')).toBe('overlay')
})

test('kill() ends it, and does nothing to one that has ended', async ({ shell }) => {
  const child = shell('trap "" TERM INT HUP; exec sleep 100')
  const { pid } = child
  child.kill()
  expect(await child.exited).toMatchObject({ signal: 'SIGKILL' })
  child.kill()
  expect(await runs(pid)).toBe(false)
})

test('writing to a process that has ended throws nothing', async ({ shell }) => {
  const child = shell('exec sleep 100')
  // It is gone before this process can notice.
  spawnSync('sh', ['-c', 'kill -KILL "$1"; sleep 0.1', 'sh', String(child.pid)])
  for (const port of [child.serial, child.agent]) port.write('anyone?')
  await child.exited
  for (const port of [child.serial, child.agent]) port.write('anyone?')
  await sleep(50)
})

test('the process dies with the one that started it, however that ends', async ({ folder }) => {
  await using library = await compileLibrary()
  const script = `
    import { openSync } from 'node:fs'
    const { QemuProcess } = await library('qemu/qemu-process.js')
    const child = new QemuProcess({ path: '/bin/sleep', args: ['1000'], overlay: openSync(process.argv[1], 'w+') })
    console.log(String(child.pid))`
  const parent = library.run(script, join(folder, 'overlay'))
  const [line] = (await once(createInterface(parent.stdout as Readable), 'line')) as [string]
  const pid = Number(line)
  expect(await runs(pid)).toBe(true)
  parent.kill('SIGKILL')
  await once(parent, 'close')
  await expect.poll(() => runs(pid), { timeout: 5_000 }).toBe(false)
})

checkLeaks()
