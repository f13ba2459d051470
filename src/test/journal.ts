/** One entry of a guest's journal. */
export interface JournalEntry {
  /** Milliseconds since 1970, on the guest's clock. */
  readonly timeMs: number
  /** As syslog has it: from 0, an emergency, to 7, for debugging. */
  readonly priority: number
  /** The program that wrote it, as `sshd[312]`. */
  readonly source: string
  readonly unit: string
  readonly message: string
}

/** Longer messages are cut: a journal may hold whole files. */
const messageLimit = 16_384
const informational = 6

const fields = ['MESSAGE', 'PRIORITY', 'SYSLOG_IDENTIFIER', '_PID', '_COMM', '_SYSTEMD_UNIT']

/**
 * The command that prints a journal since a moment, the newest entry first: where it is cut off, the oldest are missing.
 *
 * Source of the format: https://systemd.io/JOURNAL_EXPORT_FORMATS/#journal-json-format
 */
export function journalCommand(sinceMs: number): readonly [string, ...string[]] {
  return [
    'journalctl',
    '--no-pager',
    '--quiet',
    '--all',
    '--reverse',
    '--output=json',
    `--output-fields=${fields.join(',')}`,
    `--since=@${Math.floor(sinceMs / 1_000)}`,
  ]
}

/** Reads what {@link journalCommand} printed, the oldest entry first. A last line that was cut off is left out. */
export function readJournal(output: string): JournalEntry[] {
  return output
    .split('\n')
    .flatMap((line) => readEntry(line) ?? [])
    .toReversed()
}

/** A journal as `journalctl --output=short-iso-precise` prints it, in UTC. */
export function journalText(entries: readonly JournalEntry[]): string {
  return entries
    .map(({ timeMs, source, message }) => `${new Date(timeMs).toISOString()} ${source}: ${message}\n`)
    .join('')
}

function readEntry(line: string): JournalEntry | undefined {
  const raw = parsed(line)
  if (!raw) return undefined
  const name = fieldText(raw['SYSLOG_IDENTIFIER']) || fieldText(raw['_COMM']) || 'unknown'
  const pid = fieldText(raw['_PID'])
  const message = fieldText(raw['MESSAGE'])
  return {
    timeMs: Number(fieldText(raw['__REALTIME_TIMESTAMP'])) / 1_000,
    priority: Number(fieldText(raw['PRIORITY']) || informational),
    source: pid === '' ? name : `${name}[${pid}]`,
    unit: fieldText(raw['_SYSTEMD_UNIT']),
    message: message.length > messageLimit ? `${message.slice(0, messageLimit)}[…]` : message,
  }
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.endsWith('}')) return undefined
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>
  } catch (error) {
    // The rest of a line that was cut off may end like a whole one.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** A field is a text; or its bytes, if it is not printable; or, if it stands more than once, all of them. */
function fieldText(value: unknown): string {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return ''
  if (value.every((each) => typeof each === 'number')) return Buffer.from(value).toString('utf8')
  return value.map(fieldText).join('\n')
}
