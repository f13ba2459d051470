import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, readdirSync, readFileSync } from 'node:fs'
import type { Duplex, Readable } from 'node:stream'

import { AgentChannel } from '../../../src/channel/agent-channel.ts'
import type { Call, Exit } from '../../../src/channel/call.ts'
import type { ExecRequest } from '../../../src/channel/exec-request.ts'

/** Builds of the agent that the tests run: what is shipped, and the one with sanitizers. */
export const builds = ['x86_64', 'sanitize'] as const
export type Build = (typeof builds)[number]

const root = new URL('../../../', import.meta.url).pathname
// Workers build at the same time.
const lock = `${root}agent/Makefile`

/** The path of a build, made when it is not there or old. */
export function agentBinary(build: Build): string {
  const made = spawnSync('flock', [
    lock,
    'make',
    '--no-print-directory',
    '-C',
    `${root}agent`,
    build === 'sanitize' ? 'sanitize' : 'all',
  ])
  const path = `${root}dist/agent/${build}/fledge-agent`
  if (made.status !== 0) throw new Error(`Cannot build the agent: ${made.stderr.toString()}`)
  accessSync(path)
  return path
}

/** Why the tests of the real agent cannot run here, or `undefined`. */
export function whyNotHere(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'the agent is built for Linux on x86_64'
  if (process.getuid?.() !== 0) return 'the agent needs root'
  return undefined
}

/** An agent on this host, on a pair of sockets. */
export interface RunningAgent extends AsyncDisposable {
  readonly child: ChildProcess
  readonly port: Duplex
  readonly channel: AgentChannel
}

/** Starts the agent, by `wrapper` when one is given, and says hello. */
export async function startAgent(
  build: Build = 'x86_64',
  wrapper: readonly string[] = [],
): Promise<RunningAgent> {
  const [file, ...args] = [...wrapper, agentBinary(build), '--fd', '3']
  const child = spawn(file, args, {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=1:exitcode=99' },
  })
  let complaints = ''
  child.stderr?.on('data', (text: Buffer) => (complaints += text.toString()))
  const port = child.stdio[3] as Duplex
  const channel = new AgentChannel(port)
  await channel.hello(Buffer.alloc(16, 7))
  return {
    child,
    port,
    channel,
    async [Symbol.asyncDispose]() {
      channel.close()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      if (child.exitCode !== 0 && child.signalCode !== 'SIGKILL') {
        throw new Error(`The agent ended with ${child.exitCode ?? child.signalCode}: ${complaints}`)
      }
    },
  }
}

/** A command's whole life. */
export interface Finished {
  readonly exit: Exit
  readonly stdout: Buffer
  readonly stderr: Buffer
}

export async function collect(call: Call): Promise<Finished> {
  const [stdout, stderr, exit] = await Promise.all([readAll(call.stdout), readAll(call.stderr), call.exited])
  return { exit, stdout, stderr }
}

export async function run(channel: AgentChannel, request: ExecRequest): Promise<Finished> {
  return collect(await channel.exec(request))
}

export function script(text: string, more: Omit<ExecRequest, 'argv'> = {}): ExecRequest {
  return { argv: [text], shell: true, ...more }
}

export async function readAll(stream: Readable): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of stream) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

/** Whether a process is there and has not ended. */
export function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** One number of `/proc/PID/status`, such as `VmRSS` in KiB. */
export function statusNumber(pid: number, field: string): number {
  return Number(
    new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1],
  )
}

/** Waits until something holds; throws after five seconds. */
export async function eventually(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + 5000
  while (!holds()) {
    if (performance.now() > end) throw new Error(`Never came true: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
