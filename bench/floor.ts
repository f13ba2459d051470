// Nothing of fledge is in here: this is the least that it takes to get an answer out of a frozen machine.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

import type { FrozenMachine } from './frozen-machine.ts'

/** Frames of agent/PROTOCOL.md. */
const types = { hello: 0x01, exec: 0x10, helloReply: 0x81, exit: 0x93 } as const

/** Of some hundred emulated guests one stops at its start, and nothing here listens to why. */
const answerLimitMs = 60_000

/** Ctrl-C ends this process without waiting for what is being restored. */
const running = new Set<ChildProcess>()
process.on('exit', () => running.forEach((qemu) => qemu.kill('SIGKILL')))

/** What the restored machine is asked for: a sign of life, or to run `true`. */
type Goal = 'answer' | 'exitStatus'

/** A restored machine that has answered. */
interface Restored {
  /** Milliseconds from the start of its QEMU to its answer. */
  readonly tookMs: number
  readonly end: () => Promise<void>
}

/** Restores a machine once, and gives the milliseconds until the answer. */
export async function restoreOnce(frozen: FrozenMachine, goal: Goal): Promise<number> {
  const { tookMs, end } = await restore(frozen, goal)
  await end()
  return tookMs
}

/** Restores some machines at once, of which each runs until the last has given a sign of life, and gives the milliseconds until then. */
export async function restoreAtOnce(frozen: FrozenMachine, size: number): Promise<number> {
  const disks = await Promise.all(Array.from({ length: size }, () => copyOfDisk(frozen.disk)))
  const all = await Promise.allSettled(disks.map((disk) => restore(frozen, 'answer', disk)))
  const restored = all.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  await Promise.all(restored.map(({ end }) => end()))
  for (const each of all) if (each.status === 'rejected') throw each.reason
  return Math.max(...restored.map(({ tookMs }) => tookMs))
}

async function restore(frozen: FrozenMachine, goal: Goal, copy?: FileHandle): Promise<Restored> {
  await using disk = copy ?? (await copyOfDisk(frozen.disk))
  const start = performance.now()
  await using devices = await open(frozen.devices)
  const qemu = spawn(frozen.program, frozen.args, {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe', 'pipe', disk.fd, devices.fd],
    detached: true,
  })
  const ended = once(qemu, 'exit')
  running.add(qemu)
  const end = async (): Promise<void> => {
    qemu.kill('SIGKILL')
    await ended
    running.delete(qemu)
  }
  try {
    const [, , , control, serial, agent] = qemu.stdio as unknown as Duplex[]
    if (!control || !serial || !agent) throw new Error('Cannot start QEMU: too many files are open')
    for (const stream of [control, serial, agent]) stream.on('error', () => {}).resume()
    control.write('{"execute":"qmp_capabilities"}\n{"execute":"cont"}\n')
    const nonce = randomBytes(16)
    const hello = frame(types.hello, 1, [nonce, randomBytes(16)])
    agent.write(goal === 'answer' ? hello : Buffer.concat([hello, frame(types.exec, 2, execTrue)]))
    const wanted =
      goal === 'answer'
        ? [frame(types.helloReply, 1, []).subarray(0, 8)]
        : [frame(types.exit, 2, []).subarray(0, 8)]
    await Promise.race([
      arrival(agent, [nonce, ...wanted]),
      ended.then(() => Promise.reject(new Error('QEMU ended before its guest answered'))),
      sleep(answerLimitMs, undefined, { ref: false }).then(() =>
        Promise.reject(new Error(`A restored machine did not answer within ${answerLimitMs / 1000} s`)),
      ),
    ])
    return { tookMs: performance.now() - start, end }
  } catch (error) {
    await end()
    throw error
  }
}

/** Waits until all of some byte sequences have come. */
function arrival(stream: Duplex, wanted: readonly Buffer[]): Promise<void> {
  let heard: Buffer = Buffer.alloc(0)
  return new Promise((resolve) =>
    stream.on('data', (bytes: Buffer) => {
      heard = Buffer.concat([heard, bytes])
      if (wanted.every((each) => heard.includes(each))) resolve()
    }),
  )
}

async function copyOfDisk(path: string): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'fledge-bench-'))
  try {
    const copy = join(folder, 'disk')
    await promisify(execFile)('cp', ['--sparse=always', '--reflink=auto', path, copy])
    return await open(copy, 'r+')
  } finally {
    await rm(folder, { recursive: true })
  }
}

function frame(type: number, id: number, parts: readonly Buffer[]): Buffer {
  const payload = Buffer.concat(parts)
  const header = Buffer.alloc(12)
  header.writeUInt16LE(0xf1ed, 0)
  header.writeUInt8(1, 2)
  header.writeUInt8(type, 3)
  header.writeUInt32LE(id, 4)
  header.writeUInt32LE(payload.length, 8)
  return Buffer.concat([header, payload])
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

const nothing = word(0)
/** No flags, no deadline, no terminal, a window of 1 MiB, root, at home, `true`, no variables. */
const execTrue = [
  ...[nothing, nothing, nothing, word(2 ** 20), nothing, nothing],
  ...[word(1), word(4), Buffer.from('true'), nothing],
]
