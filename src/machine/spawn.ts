import type { Call } from '../channel/call.ts'
import { checkOptions, wholeNumber, type OptionChecks } from '../util/check-options.ts'
import { bounds, callChecks, type CallOptions } from '../util/with-deadline.ts'
import {
  checkCommandLine,
  commandText,
  execRequest,
  placeChecks,
  type CommandLine,
  type CommandPlace,
} from './command-line.ts'
import { runVerb, type VerbContext } from './verb.ts'

/** How a command is started that is not waited for. */
export interface SpawnOptions extends CommandPlace, CallOptions {
  /** Gives it a terminal of this size, which is all three of its streams. */
  readonly terminal?: TerminalSize
}

interface TerminalSize {
  readonly rows: number
  readonly columns: number
}

const spawnChecks: OptionChecks<SpawnOptions> = {
  ...callChecks,
  ...placeChecks,
  terminal: (value) =>
    isSize((value as Partial<TerminalSize> | null)?.rows) &&
    isSize((value as Partial<TerminalSize> | null)?.columns)
      ? undefined
      : 'an object with rows and columns, whole numbers from 1 to 65535',
}

function isSize(value: unknown): boolean {
  return wholeNumber(1, 65_535)(value) === undefined
}

/** Starts a command, and leaves its streams to the caller. */
export async function spawn(context: VerbContext, line: CommandLine, options: SpawnOptions): Promise<Call> {
  checkCommandLine('spawn', line)
  checkOptions('spawn', options, spawnChecks)
  const { terminal, signal, env } = options
  const detail = commandText(line)
  const naming = { verb: 'spawn', detail, env, defaultTimeoutMs: 60_000, ...bounds(options) }
  const request = { ...execRequest(line, options), stdin: true, ...(terminal ? { pty: terminal } : {}) }
  // The verb's own signal ends a late start; once the command runs, only the caller's does.
  return runVerb(context, naming, (running) =>
    context.channel.exec(request, {
      signal: AbortSignal.any(signal ? [running.signal, signal] : [running.signal]),
    }),
  )
}
