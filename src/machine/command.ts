import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { inspect } from 'node:util'

import type { Call, Exit } from '../channel/call.ts'
import { gather, type Gathered } from '../channel/gather.ts'
import { CommandError, MisuseError, type CommandOutcome, type ErrorCode } from '../errors.ts'
import { checkOptions, type OptionChecks } from '../util/check-options.ts'
import { bounds, callChecks, deferred, type CallOptions } from '../util/with-deadline.ts'
import {
  checkCommandLine,
  commandText,
  execRequest,
  placeChecks,
  type CommandLine,
  type CommandPlace,
} from './command-line.ts'
import { lastSight, runVerb, type RunningVerb, type VerbContext } from './verb.ts'

/** How a command is run, and what it reads. */
export interface CommandOptions extends CallOptions, CommandPlace {
  /** Default: nothing. A stream is destroyed when the command ends, and one that breaks has the command killed. */
  readonly stdin?: string | Uint8Array | Readable
}

/** What {@link CommandOptions} have to be. */
export const commandChecks: OptionChecks<CommandOptions> = {
  ...callChecks,
  ...placeChecks,
  stdin: (value) =>
    isTextOrBytes(value) || (value instanceof Readable && value.readable)
      ? undefined
      : 'a text, bytes, or a stream that can still be read',
}

/** How a command ended, and what it said. */
export interface CommandResult extends CommandOutcome {
  /** Standard output and standard error as they were, byte by byte. */
  readonly bytes: { readonly stdout: Buffer; readonly stderr: Buffer }
}

/** As in the NixOS test driver: 15 minutes. */
const defaultTimeoutMs = 900_000
/** What the guest's own report of a passed deadline may take to come. */
const reportMs = 250

/** Runs a command to its end as a verb, however it ends, unless the caller has something against that end. */
export async function runCommand(
  context: VerbContext,
  verb: string,
  line: CommandLine,
  options: CommandOptions,
  objection: (result: CommandResult) => CommandError | undefined = () => undefined,
): Promise<CommandResult> {
  checkCommandLine(verb, line)
  checkOptions(verb, options, commandChecks)
  const attempt = new Attempt(context, line, options)
  return runVerb(
    context,
    {
      verb,
      detail: commandText(line),
      env: options.env,
      defaultTimeoutMs,
      marginMs: reportMs,
      onTimeout: (timeoutMs) => attempt.tooLong(timeoutMs),
      ...bounds(options),
    },
    async (running) => {
      const result = await attempt.run(running)
      const error = objection(result)
      if (error) throw error
      return result
    },
  )
}

/** Runs a command that has to succeed, or to fail. */
export async function runExpecting(
  context: VerbContext,
  verb: 'succeed' | 'fail',
  line: CommandLine,
  options: CommandOptions,
): Promise<CommandResult> {
  return runCommand(context, verb, line, options, (result) => {
    if ((result.exitCode === 0) === (verb === 'succeed')) return undefined
    const text = commandText(line)
    if (verb === 'fail') {
      const message = `"${text}" succeeded, but must fail`
      return commandError(context, 'ERR_FLEDGE_COMMAND_SUCCEEDED', message, result)
    }
    const how =
      result.signal === undefined
        ? `failed with exit code ${result.exitCode}`
        : `was ended by ${result.signal}`
    return commandError(context, 'ERR_FLEDGE_COMMAND_FAILED', `"${text}" ${how}`, result)
  })
}

/** One run of a command, which can tell what it has seen even when it never ends. */
export class Attempt {
  readonly #context: VerbContext
  readonly #line: CommandLine
  readonly #options: CommandOptions
  readonly #start = performance.now()
  #output: Gathered | undefined

  constructor(context: VerbContext, line: CommandLine, options: CommandOptions) {
    this.#context = context
    this.#line = line
    this.#options = options
  }

  /** @throws CommandError `ERR_FLEDGE_TIMEOUT` when the guest's own clock ended it */
  async run({ signal, timeoutMs }: Pick<RunningVerb, 'signal' | 'timeoutMs'>): Promise<CommandResult> {
    const { channel } = this.#context
    const { stdin } = this.#options
    const deadlineMs = Math.min(Math.ceil(timeoutMs), 2 ** 32 - 1)
    const request = { ...execRequest(this.#line, this.#options), deadlineMs, stdin: stdin !== undefined }
    const call = await channel.exec(request, { signal })
    this.#output = gather(call)
    const exit = await Promise.race([this.#output.exited, this.#feed(call, stdin)])
    if (exit.timedOut) throw this.tooLong(timeoutMs)
    return this.#result(exit)
  }

  /** The error of a deadline that passed, with what the command had said by then. */
  tooLong(timeoutMs: number): CommandError {
    const message = `"${commandText(this.#line)}" did not end within ${Math.round(timeoutMs)} ms`
    return commandError(this.#context, 'ERR_FLEDGE_TIMEOUT', message, {
      ...this.#result(undefined),
      timedOut: true,
    })
  }

  /** Gives a call what it is to read; settles only when that breaks, which ends the call. */
  async #feed(call: Call, input: CommandOptions['stdin']): Promise<never> {
    const cause = await feed(call, input)
    call.signal('SIGKILL', { tree: true })
    const message = `"${commandText(this.#line)}" could not be given its input: ${cause.message}`
    throw new MisuseError('ERR_FLEDGE_OPTION', message, {
      machine: this.#context.owned.name,
      command: commandText(this.#line),
      hint: 'Give a stream that nobody else reads or closes, and that comes to its end',
      cause,
    })
  }

  #result(exit: Exit | undefined): CommandResult {
    const stdout = this.#output?.stdout() ?? Buffer.alloc(0)
    const stderr = this.#output?.stderr() ?? Buffer.alloc(0)
    return {
      command: commandText(this.#line),
      ...(exit && 'exitCode' in exit ? { exitCode: exit.exitCode } : {}),
      ...(exit && 'signal' in exit ? { signal: exit.signal } : {}),
      stdout: stdout.toString('utf8'),
      stderr: stderr.toString('utf8'),
      timedOut: false,
      durationMs: performance.now() - this.#start,
      bytes: { stdout, stderr },
    }
  }
}

/** An error with the end of what the command said, and of the console; of a passed deadline, with what keeps the guest from running. */
export function commandError(
  context: VerbContext,
  code: ErrorCode,
  message: string,
  result: CommandOutcome,
): CommandError {
  const said = [
    ['stderr', result.stderr],
    ['stdout', result.stdout],
  ].flatMap(([name, text]) => (text?.trim() ? [`${name}:\n${lastLines(text)}`] : []))
  const { owned } = context
  const output = result.stdout + result.stderr
  const lastSeen = result.timedOut ? lastSight(owned, output.trim() && lastLines(output)) : undefined
  const why = result.timedOut && owned.standstill ? `: ${owned.standstill}` : ''
  return new CommandError(code, [message + why, ...said].join('\n'), result, {
    machine: owned.name,
    consoleTail: owned.console.tail(),
    ...(lastSeen === undefined ? {} : { lastSeen }),
  })
}

function lastLines(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .slice(-20)
    .map((line) => `  ${firstCharacters(line, 400)}`)
    .join('\n')
}

function isTextOrBytes(value: unknown): value is string | Uint8Array {
  return typeof value === 'string' || value instanceof Uint8Array
}

/** Not by `slice` alone, which would cut a character of two units in half. */
function firstCharacters(line: string, count: number): string {
  return Array.from(line.slice(0, 2 * count))
    .slice(0, count)
    .join('')
}

/** Resolves when the input breaks before the command has had enough of it, and else never. */
function feed(call: Call, input: CommandOptions['stdin']): Promise<Error> {
  const { promise: broken, resolve } = deferred<Error>()
  if (input === undefined || !call.stdin) return broken
  // A command may end without reading all that it was offered; how it ended is told elsewhere.
  call.stdin.on('error', () => {})
  if (isTextOrBytes(input)) call.stdin.end(input)
  else pipeline(piecesOf(input, resolve), call.stdin).catch(() => {})
  return broken
}

/** The pieces of a stream, which is let go of when nobody takes them any more. */
async function* piecesOf(input: Readable, fail: (cause: Error) => void): AsyncGenerator<string | Uint8Array> {
  try {
    for await (const piece of input) {
      if (!isTextOrBytes(piece))
        throw new TypeError(`it gave ${inspect(piece, { depth: 0 })}, which is no bytes`)
      yield piece
    }
  } catch (error) {
    fail(error instanceof Error ? error : new Error(String(error)))
    throw error
  }
}
