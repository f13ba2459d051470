import { CommandError, type CommandLine, type ConsolePiece, type Machine } from '../index.ts'
import { journalCommand, readJournal, type JournalEntry } from './journal.ts'

/** What could be had of a machine after its test. */
export interface Evidence {
  readonly console: readonly ConsolePiece[]
  /** Nothing where the guest has none, and where it could not be had. */
  readonly journal: readonly JournalEntry[] | undefined
  /** Empty where the guest has a journal. */
  readonly systemLog: string
  /** The state of all services; empty where the guest has systemd. */
  readonly services: string
  /** Empty when no unit has failed. */
  readonly failedUnits: string
  /** Empty when the kernel has told of none. */
  readonly kernelErrors: string
  /** Empty when no program has dumped its core. */
  readonly coredumps: string
  /** A PNG. */
  readonly screen: Buffer | undefined
  /** When that was taken, in milliseconds since 1970. */
  readonly takenMs: number
  /** What could not be had, or not all of it, and why. */
  readonly notes: readonly string[]
}

/** What bounds the collection. */
export interface CollectOptions {
  /** Milliseconds since 1970 at which the machine was launched. */
  readonly sinceMs: number
  /** Milliseconds after which the rest is left out. */
  readonly timeoutMs: number
}

/** How much may be told of each but the journal; it is for people to read. */
const textLimit = 1 << 20

const hasSystemd = '[ -d /run/systemd/system ]'

/** Runs its arguments where systemd is the init. */
export const whereSystemdIs: string = `${hasSystemd} || exit 0; exec "$@"`

/** What was logged since the boot, where there is no journal. */
export const systemLog: string = `${hasSystemd} || {
  for log in /var/log/messages /var/log/syslog; do if [ -f "$log" ]; then tail -n 5000 "$log"; fi; done
  dmesg
}`

/** By OpenRC, where systemd is not the init. */
export const services: string = `${hasSystemd} || rc-status --all 2>&1 || true`

export const failedUnits: string = `
${hasSystemd} || exit 0
units=$(systemctl --no-pager --plain --no-legend --failed list-units | cut -d ' ' -f 1)
[ -z "$units" ] || systemctl --no-pager --full --lines=30 status -- $units || true`

export const kernelErrors: string =
  'dmesg --level=emerg,alert,crit,err --time-format=iso 2>/dev/null || dmesg -r | grep "^<[0-3]>" || true'

/** By our own handler, or by systemd-coredump, where they take the dumps; else from the folder that the kernel writes them to. */
export const coredumps = (since: string): string => `
pattern=$(cat /proc/sys/kernel/core_pattern)
case $pattern in
  '|/bin/sh /run/fledge-coredump '*)
    cat /var/lib/fledge/coredumps/*.crash 2>/dev/null |
      sed 's|^\\([0-9]*\\) \\([0-9]*\\) \\([0-9]*\\) \\(.*\\)|\\4 (process \\1) by signal \\2, kept in /var/lib/fledge/coredumps/\\1.core|; s|!|/|g' || true ;;
  '|'*) ! command -v coredumpctl >/dev/null || coredumpctl --no-pager --quiet --since=${since} info 2>/dev/null || true ;;
  /*) find "\${pattern%/*}" -maxdepth 1 -type f -newermt ${since} -exec ls -l {} + ;;
esac`

/**
 * Collects what can be had of a machine, all of it at the same time and within a limit. What cannot be had, as of a guest that
 * hangs or is dead, is in the notes; this never fails.
 */
export async function collectEvidence(
  vm: Machine,
  { sinceMs, timeoutMs }: CollectOptions,
): Promise<Evidence> {
  const notes: string[] = []
  const takenMs = Date.now()
  const note = (name: string, error: unknown): void => void notes.push(`${name}: ${firstLine(error)}`)
  const output = async (name: string, command: CommandLine): Promise<string | undefined> => {
    try {
      return (await vm.execute(command, { timeoutMs })).stdout
    } catch (error) {
      note(name, error)
      return error instanceof CommandError ? error.stdout : undefined
    }
  }
  // Why they are missing is what is noted of the journal and of failed units.
  const elsewhere = (command: CommandLine): Promise<string | undefined> =>
    vm.execute(command, { timeoutMs }).then(
      ({ stdout }) => stdout,
      () => undefined,
    )
  const since = `@${Math.floor(sinceMs / 1_000)}`
  const [journal, log, states, units, kernel, dumps, screen] = await Promise.all([
    output('journal.txt', ['sh', '-c', whereSystemdIs, 'sh', ...journalCommand(sinceMs)]),
    elsewhere(systemLog),
    elsewhere(services),
    output('failed-units.txt', failedUnits),
    output('kernel-errors.txt', kernelErrors),
    output('coredumps.txt', coredumps(since)),
    vm.screenshot({ timeoutMs }).catch((error: unknown) => {
      note('screen.png', error)
      return undefined
    }),
  ])
  return {
    console: vm.getTimedConsoleLog(),
    journal: journal === undefined || log !== '' ? undefined : readJournal(journal),
    systemLog: shortened(log),
    services: shortened(states),
    failedUnits: shortened(units),
    kernelErrors: shortened(kernel),
    coredumps: shortened(dumps),
    screen,
    takenMs,
    notes,
  }
}

function shortened(text = ''): string {
  return text.trim() === '' ? '' : text.slice(0, textLimit)
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''
}
