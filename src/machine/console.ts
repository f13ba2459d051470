import {
  checkOptions,
  checkValue,
  oneOf,
  text,
  type OptionCheck,
  type OptionChecks,
} from '../util/check-options.ts'
import { bounds, callChecks, deferred, type CallOptions } from '../util/with-deadline.ts'
import type { LineLog, LogPlace } from '../owner/line-log.ts'
import { runVerb, type VerbContext } from './verb.ts'

/** Where to begin to look. */
export interface ConsoleTextOptions extends CallOptions {
  /** `last-match` (default): after what the last wait found; `launch`: at the beginning of what is kept. */
  readonly from?: 'last-match' | 'launch'
}

const consoleTextChecks: OptionChecks<ConsoleTextOptions> = {
  ...callChecks,
  from: oneOf('last-match', 'launch'),
}

/** As in the NixOS test driver's waits: 15 minutes. */
const defaultTimeoutMs = 900_000
/** A line without an end, as a prompt, is looked at when nothing more has come for so long. */
const promptMs = 250

/** A text that is looked for as it is, or a regular expression. */
export const pattern: OptionCheck = (value) =>
  value instanceof RegExp || (typeof value === 'string' && value !== '')
    ? undefined
    : 'a regular expression, or a text that is not empty'

/** The regular expression that finds a text, or the one given. */
export function asRegExp(wanted: string | RegExp): RegExp {
  return wanted instanceof RegExp
    ? wanted
    : new RegExp(wanted.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`))
}

/** Waits until a line of the serial console has a text in it, and moves the machine's cursor behind that. */
export async function waitForConsoleText(
  context: VerbContext,
  wanted: string | RegExp,
  options: ConsoleTextOptions,
): Promise<RegExpExecArray> {
  checkValue('waitForConsoleText', 'pattern', wanted, pattern)
  checkOptions('waitForConsoleText', options, consoleTextChecks)
  const naming = { verb: 'waitForConsoleText', detail: String(wanted), defaultTimeoutMs, ...bounds(options) }
  const search = asRegExp(wanted)
  return runVerb(context, naming, async ({ signal, saw }) => {
    const { lines } = context.owned.console
    let from: LogPlace = options.from === 'launch' ? { line: 0, at: 0 } : lines.cursor
    for (let unfinished = true; ; unfinished = await more(lines, signal)) {
      const found = lines.find(search, from, { unfinished })
      if (found) {
        lines.cursor = found.end
        return found.match
      }
      // What has an end has been looked at.
      if (lines.end.line > from.line) from = lines.end
      saw(lines.lastLine === undefined ? 'an empty console' : `the last line "${lines.lastLine}"`)
    }
  })
}

/** How much is given at once, so that a call that ends early has not given the rest. */
const typedBytes = 4096

/** Types on the serial console. */
export async function sendConsole(context: VerbContext, typed: string, options: CallOptions): Promise<void> {
  checkValue('sendConsole', 'text', typed, text)
  checkOptions('sendConsole', options, callChecks)
  const bytes = Buffer.from(typed)
  const naming = { verb: 'sendConsole', detail: typed, defaultTimeoutMs: 60_000, ...bounds(options) }
  await runVerb(context, naming, async ({ signal, saw }) => {
    for (let at = 0; at < bytes.length; at += typedBytes) {
      signal.throwIfAborted()
      saw(`${at} of ${bytes.length} bytes were taken`)
      await context.owned.writeConsole(bytes.subarray(at, at + typedBytes))
    }
  })
}

/** Waits until a line is finished (`false`), or one without an end has rested for a while (`true`). */
async function more(lines: LineLog, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = deferred<boolean>()
  const seen = lines.end.line
  let resting: NodeJS.Timeout | undefined
  const forget = lines.onChange(() => {
    if (lines.end.line > seen) return resolve(false)
    clearTimeout(resting)
    resting = setTimeout(resolve, promptMs, true)
  })
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await promise
  } finally {
    clearTimeout(resting)
    forget()
    signal.removeEventListener('abort', abort)
  }
}
