import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { constants } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'

import { findProgram } from '../util/find-program.ts'
import { missingTool } from '../util/run-tool.ts'
import { bubblewrapArguments } from './bubblewrap.ts'
import { inheritedDescriptors } from './inherited-descriptors.ts'
import { firstProcess, signalInside } from './signal-inside.ts'
import type { Mount } from './mount.ts'

/** What is run in a seal. */
export interface SealedCommand {
  readonly program: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly mounts: readonly Mount[]
  /** Whether it has something to tell on descriptor 3. */
  readonly tells?: boolean
}

/** How it ended. */
export interface SealedExit {
  readonly exitCode: number
  /** What it wrote to descriptor 3, if that was wanted. */
  readonly told: string
}

/** Where the standard streams go. */
export interface Streams {
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
}

/** Signals that end a run. */
const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The descriptors that bubblewrap is given, by what they are for. */
const descriptors = { told: 3, args: 4, info: 5, texts: 6 } as const

/**
 * Runs a program in a seal to its end. It gets no terminal: its output is passed on, and it has nothing to read. Signals that
 * this process gets are passed on too. All in the seal ends with this process, even when that is killed.
 *
 * @throws EnvironmentError `ERR_FLEDGE_TOOL_MISSING` without bubblewrap
 */
export async function runInSeal(command: SealedCommand, { stdout, stderr }: Streams): Promise<SealedExit> {
  // Not by the PATH of the seal, in which the project comes first.
  const bubblewrap = await findProgram('bwrap')
  if (bubblewrap === undefined) throw missingTool('bwrap')
  const { args, texts } = bubblewrapArguments(command.mounts, {
    cwd: command.cwd,
    firstDescriptor: descriptors.texts,
  })
  await using nothing = await open('/dev/null', 'r')
  const child = spawn(bubblewrap, ['--args', `${descriptors.args}`, command.program, ...command.args], {
    // A Ctrl-C in the terminal is for us, and would kill bubblewrap with all that is in it.
    detached: true,
    cwd: '/',
    env: command.env,
    stdio: streams(descriptors.texts + texts.length, nothing.fd).with(
      descriptors.told,
      command.tells ? 'pipe' : nothing.fd,
    ),
  })
  const [, out, err, told, given, info, ...rest] = child.stdio as unknown as [
    null,
    Readable,
    Readable,
    ...(Readable & Writable)[],
  ]
  const sources = rest.slice(0, texts.length)
  // What closes them early ends, and its exit status says so.
  for (const stream of [told, given, info, ...sources]) stream?.on('error', () => {})
  const all = [...args, '--info-fd', `${descriptors.info}`]
  given?.end(all.map((each) => `${each}\0`).join(''))
  sources.forEach((source, index) => source.end(texts[index]))
  out.pipe(stdout, { end: false })
  err.pipe(stderr, { end: false })
  using signals = passSignals(child, info && text(info))
  const said = told && text(told)
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return {
    exitCode: code ?? 128 + constants.signals[signals.forced ?? signal ?? 'SIGKILL'],
    told: (await said) ?? '',
  }
}

/** Pipes for all but the input, and nothing where the program would have a descriptor that this process was started with. */
function streams(pipes: number, nothing: number): ('pipe' | 'ignore' | number)[] {
  const inherited = new Set(inheritedDescriptors())
  const count = Math.max(pipes, ...[...inherited].map((descriptor) => descriptor + 1))
  return Array.from({ length: count }, (_, index) => {
    if (index > 0 && index < pipes) return 'pipe'
    return inherited.has(index) ? nothing : 'ignore'
  })
}

/** Hands signals to the program inside, for as long as this is in use. One that comes before the program is there ends all. */
function passSignals(
  child: ChildProcess,
  info: Promise<string> | undefined,
): Disposable & { readonly forced: NodeJS.Signals | undefined } {
  let first: number | undefined
  let forced: NodeJS.Signals | undefined
  info?.then((json) => (first = firstProcess(json))).catch(() => {})
  const passOn = (signal: NodeJS.Signals): void => {
    if (first !== undefined && signalInside(first, signal)) return
    forced = signal
    child.kill('SIGKILL')
  }
  for (const signal of passedOn) process.on(signal, passOn)
  return {
    get forced() {
      return forced
    },
    [Symbol.dispose]: () => {
      for (const signal of passedOn) process.off(signal, passOn)
    },
  }
}
