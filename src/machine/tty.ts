import { GuestError } from '../errors.ts'
import { checkOptions, checkValue, wholeNumber } from '../util/check-options.ts'
import { bounds, callChecks, type CallOptions } from '../util/with-deadline.ts'
import { Attempt } from './command.ts'
import { asRegExp, pattern } from './console.ts'
import { retry } from './retry.ts'
import { runVerb, type RunningVerb, type VerbContext } from './verb.ts'

const ttyNumber = wholeNumber(1, 63)

/** As in the NixOS test driver's waits: 15 minutes. */
const defaultTimeoutMs = 900_000

/** The text on a virtual console, line by line. */
export async function getTtyText(context: VerbContext, tty: number, options: CallOptions): Promise<string> {
  checkValue('getTtyText', 'tty', tty, ttyNumber)
  checkOptions('getTtyText', options, callChecks)
  const naming = { verb: 'getTtyText', detail: `tty${tty}`, defaultTimeoutMs: 30_000, ...bounds(options) }
  return runVerb(context, naming, (running) => readTty(context, tty, running))
}

/** Waits until the text on a virtual console matches. */
export async function waitUntilTtyMatches(
  context: VerbContext,
  tty: number,
  wanted: string | RegExp,
  options: CallOptions,
): Promise<RegExpExecArray> {
  const verb = 'waitUntilTtyMatches'
  checkValue(verb, 'tty', tty, ttyNumber)
  checkValue(verb, 'pattern', wanted, pattern)
  checkOptions(verb, options, callChecks)
  const search = asRegExp(wanted)
  const naming = { verb, detail: `tty${tty} ${String(wanted)}`, defaultTimeoutMs, ...bounds(options) }
  return runVerb(context, naming, (running) =>
    retry(running.signal, async () => {
      const text = await readTty(context, tty, running)
      running.saw(text === '' ? `nothing on tty${tty}` : `on tty${tty}:\n${text}`)
      search.lastIndex = 0
      return search.exec(text) ?? undefined
    }),
  )
}

/**
 * Four bytes of sizes and cursor, and then the characters: in UTF-32 from Linux 5.0 on, before that one byte each.
 *
 * Source: https://man7.org/linux/man-pages/man4/vcs.4.html and `Documentation/admin-guide/devices.txt` of Linux.
 */
const script = `
  head -c 4 "/dev/vcsa$1"
  if [ -e "/dev/vcsu$1" ]; then echo utf-32; cat "/dev/vcsu$1"; else echo latin1; cat "/dev/vcs$1"; fi`

async function readTty(context: VerbContext, tty: number, running: RunningVerb): Promise<string> {
  const { exitCode, stderr, bytes } = await new Attempt(
    context,
    ['sh', '-euc', script, 'sh', String(tty)],
    {},
  ).run(running)
  if (exitCode !== 0) {
    throw new GuestError('ERR_FLEDGE_COMMAND_FAILED', `Cannot read tty${tty}: ${stderr.trim()}`, {
      machine: context.owned.name,
      hint: 'A virtual console is there once something has opened it, as a getty or "openvt"',
    })
  }
  const header = bytes.stdout.indexOf('\n', 4)
  const encoding = bytes.stdout.toString('latin1', 4, header)
  return textOf(bytes.stdout.subarray(header + 1), bytes.stdout[1] ?? 80, encoding)
}

/** Cells of a screen as lines, without the blanks at the end of each and the empty lines at the end of all. */
function textOf(cells: Buffer, columns: number, encoding: string): string {
  const text =
    encoding === 'utf-32'
      ? Array.from({ length: Math.floor(cells.length / 4) }, (_, index) =>
          String.fromCodePoint(Math.min(cells.readUInt32LE(4 * index), 0x10_ff_ff)),
        )
      : Array.from(cells.toString('latin1'))
  const lines = Array.from({ length: Math.ceil(text.length / columns) }, (_, row) =>
    text
      .slice(row * columns, (row + 1) * columns)
      .join('')
      .replace(/[ \0]+$/, ''),
  )
  return lines.join('\n').trimEnd()
}
