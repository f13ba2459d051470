import type { Readable, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'

import { type Call, FledgeError, launch, type Machine } from '../index.ts'
import { commandExitCode } from './command-exit-code.ts'
import { deadline } from './deadline.ts'
import type { ExecArguments } from './exec-command.ts'
import { Exit } from './exit-code.ts'
import { keptLines } from './kept-lines.ts'
import { toLaunchOptions } from './machine-options.ts'
import { toPlace } from './place-options.ts'

/** As timeout(1) and the shells have it. */
const exitCodes = { timedOut: 124, notStarted: 127 } as const

/**
 * Runs one command in a fresh machine, with our standard streams as its own.
 *
 * @returns the exit code that tells how it ended
 */
export async function exec(
  image: string,
  line: readonly [string, ...string[]],
  given: ExecArguments,
  signal: AbortSignal,
): Promise<number> {
  const { keep = false } = given
  const machine = await launch(image, { ...toLaunchOptions(given), ...(keep ? { keep } : {}), signal })
  try {
    return await runIn(machine, line, given, signal)
  } finally {
    if (keep && !signal.aborted) {
      process.stderr.write(keptLines(machine.name))
      await machine.detach()
    } else
      // However the command ended, it may have written to a share what is wanted; not so after Ctrl-C.
      await (signal.aborted ? machine.kill() : machine.stop())
  }
}

async function runIn(
  machine: Machine,
  line: readonly [string, ...string[]],
  { timeout, ...place }: ExecArguments,
  signal: AbortSignal,
): Promise<number> {
  const limit = timeout === undefined ? undefined : deadline(line[0], timeout)
  try {
    const call = await machine.spawn(line, {
      signal: limit ? AbortSignal.any([signal, limit]) : signal,
      ...toPlace(place),
    })
    feed(call.stdin)
    const outputs = [pass(call.stdout, process.stdout), pass(call.stderr, process.stderr)]
    const [exit] = await Promise.all([call.exited, ...outputs])
    return commandExitCode(exit)
  } catch (error) {
    if (limit?.aborted === true) throw new Exit(exitCodes.timedOut, limit.reason)
    const notStarted = error instanceof FledgeError && error.code === 'ERR_FLEDGE_COMMAND_START'
    throw notStarted ? new Exit(exitCodes.notStarted, error) : error
  }
}

/** Gives the command what we can read. A terminal is not read: the command would wait for a person who does not know. */
function feed(stdin: Call['stdin']): void {
  if (!stdin) return
  if (process.stdin.isTTY) {
    stdin.end()
    return
  }
  // What cannot be read, as a folder, has ended.
  process.stdin.on('error', () => stdin.end()).pipe(stdin)
}

/** Passes bytes on as they come, no faster than they are taken. */
async function pass(from: Readable, to: Writable): Promise<void> {
  from.pipe(to, { end: false })
  await finished(from, { writable: false })
}
