import { isIP } from 'node:net'
import { Readable } from 'node:stream'

import { GuestError, MisuseError } from '../errors.ts'
import {
  absolutePath,
  checkOptions,
  checkValue,
  oneOf,
  wholeNumber,
  type OptionChecks,
} from '../util/check-options.ts'
import { bounds, callChecks, type CallOptions } from '../util/with-deadline.ts'
import { Attempt, commandChecks, commandError, type CommandOptions, type CommandResult } from './command.ts'
import { checkCommandLine, commandText, type CommandLine } from './command-line.ts'
import { retry } from './retry.ts'
import { lastSight, runVerb, type RunningVerb, type VerbContext } from './verb.ts'

/** As in the NixOS test driver: 15 minutes. */
const defaultTimeoutMs = 900_000

/** Runs a command again and again until it ends as wanted. No attempt outlives the whole wait. */
export async function waitUntil(
  context: VerbContext,
  wanted: 'succeeds' | 'fails',
  line: CommandLine,
  options: CommandOptions,
): Promise<CommandResult> {
  const verb = wanted === 'succeeds' ? 'waitUntilSucceeds' : 'waitUntilFails'
  checkCommandLine(verb, line)
  checkOptions(verb, options, commandChecks)
  if (options.stdin instanceof Readable) {
    throw new MisuseError(
      'ERR_FLEDGE_OPTION',
      `Cannot use a stream as stdin of ${verb}: each try needs all of it`,
      {
        hint: 'Give a text or bytes',
      },
    )
  }
  let last: CommandResult | undefined
  const onTimeout = (timeoutMs: number): GuestError => {
    const message = `"${commandText(line)}" never ${wanted === 'succeeds' ? 'succeeded' : 'failed'} within ${Math.round(timeoutMs)} ms`
    if (last)
      return commandError(context, 'ERR_FLEDGE_TIMEOUT', `${message}; ${ending(last)}`, {
        ...last,
        timedOut: true,
      })
    const lastSeen = lastSight(context.owned, 'its first run did not end') ?? ''
    return new GuestError('ERR_FLEDGE_TIMEOUT', `${message}; ${lastSeen}`, {
      machine: context.owned.name,
      lastSeen,
      consoleTail: context.owned.console.tail(),
    })
  }
  const detail = commandText(line)
  const naming = { verb, detail, env: options.env, defaultTimeoutMs, onTimeout, ...bounds(options) }
  return runVerb(context, naming, async ({ signal, timeoutMs }) => {
    const until = performance.now() + timeoutMs
    return retry(signal, async () => {
      const attempt = new Attempt(context, line, options)
      last = await attempt.run({ signal, timeoutMs: Math.max(1, until - performance.now()) })
      return (last.exitCode === 0) === (wanted === 'succeeds') ? last : undefined
    })
  })
}

/** Waits until a path exists. */
export async function waitForFile(context: VerbContext, path: string, options: CallOptions): Promise<void> {
  checkValue('waitForFile', 'path', path, absolutePath)
  checkOptions('waitForFile', options, callChecks)
  await poll(context, { verb: 'waitForFile', detail: path, options }, async ({ saw }) => {
    const found = await context.channel.stat(path)
    saw('no such file')
    return found !== undefined
  })
}

/** Which kind of socket is waited for, and for how long. */
export interface UnixSocketOptions extends CallOptions {
  /** Default: `stream`. */
  readonly type?: 'stream' | 'datagram'
}

const unixSocketChecks: OptionChecks<UnixSocketOptions> = { ...callChecks, type: oneOf('stream', 'datagram') }

/** Waits until something listens on a socket of the file system. */
export async function waitForOpenUnixSocket(
  context: VerbContext,
  path: string,
  options: UnixSocketOptions,
): Promise<void> {
  const verb = 'waitForOpenUnixSocket'
  checkValue(verb, 'path', path, absolutePath)
  checkOptions(verb, options, unixSocketChecks)
  const { type: kind = 'stream' } = options
  await poll(context, { verb, detail: path, options }, async ({ saw }) => {
    const { open, reason } = await context.channel.probe({ kind, address: path })
    saw(`nothing listens (${reason})`)
    return open
  })
}

/** Which address of the guest is asked, and for how long. */
export interface PortOptions extends CallOptions {
  /** An IP address, or `localhost` (default). */
  readonly address?: string
}

const portChecks: OptionChecks<PortOptions> = {
  ...callChecks,
  address: (value) =>
    value === 'localhost' || (typeof value === 'string' && isIP(value) !== 0 && !value.includes('%'))
      ? undefined
      : 'an IP address or "localhost"',
}

/** Waits until something listens on a TCP port in the guest, or nothing does any more. */
export async function waitForPort(
  context: VerbContext,
  wanted: 'open' | 'closed',
  port: number,
  options: PortOptions,
): Promise<void> {
  const verb = wanted === 'open' ? 'waitForOpenPort' : 'waitForClosedPort'
  checkValue(verb, 'port', port, wholeNumber(1, 65_535))
  checkOptions(verb, options, portChecks)
  const { address = 'localhost' } = options
  await poll(context, { verb, detail: `${address}:${port}`, options }, async ({ saw }) => {
    const { open, reason } = await context.channel.probe({
      kind: 'tcp',
      address,
      port,
      timeoutMs: 1_000,
    })
    saw(open ? 'something listens' : `nothing listens (${reason})`)
    return open === (wanted === 'open')
  })
}

/** Lets so much time pass in the guest, which is longer than the host's when that is busy. */
export async function sleep(context: VerbContext, durationMs: number, options: CallOptions): Promise<void> {
  checkValue('sleep', 'durationMs', durationMs, wholeNumber(0, 2 ** 31))
  checkOptions('sleep', options, callChecks)
  const patience = durationMs + defaultTimeoutMs
  const naming = { verb: 'sleep', detail: `${durationMs} ms`, defaultTimeoutMs: patience, ...bounds(options) }
  await runVerb(context, naming, async (running) => {
    const line = ['sleep', (durationMs / 1000).toFixed(3)] as const
    const result = await new Attempt(context, [...line], {}).run(running)
    if (result.exitCode === 0) return
    throw commandError(context, 'ERR_FLEDGE_COMMAND_FAILED', '"sleep" failed', result)
  })
}

async function poll(
  context: VerbContext,
  { verb, detail, options }: { verb: string; detail: string; options: CallOptions },
  isSo: (running: RunningVerb) => Promise<boolean>,
): Promise<void> {
  await runVerb(context, { verb, detail, defaultTimeoutMs, ...bounds(options) }, (running) =>
    retry(running.signal, async () => (await isSo(running)) || undefined),
  )
}

function ending({ exitCode, signal }: CommandResult): string {
  return signal === undefined ? `it last ended with exit code ${exitCode}` : `it was last ended by ${signal}`
}
