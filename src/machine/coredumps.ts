import { signalName } from '../channel/signal-numbers.ts'
import { checkOptions } from '../util/check-options.ts'
import { bounds, callChecks, type CallOptions } from '../util/with-deadline.ts'
import { Attempt, commandError } from './command.ts'
import { runVerb, type RunningVerb, type VerbContext } from './verb.ts'

/** A process that crashed. */
export interface Coredump {
  readonly pid: number
  /** As `SIGSEGV`. */
  readonly signal: string
  /** The path of its program, or its name where that is not known. */
  readonly executable: string
  readonly at: Date
  /** Where in the guest its memory is kept, to copy with `copyFromMachine`; compressed where systemd did that. */
  readonly path?: string
}

const defaultTimeoutMs = 60_000
const folder = '/var/lib/fledge/coredumps'
const coredumpctl = '/usr/bin/coredumpctl'

/** Where the handler is, which goes with the power as the kernel's pattern does. */
const handlerPath = '/run/fledge-coredump'

/**
 * What the kernel pipes a crashed process into: 256 MiB of its memory at the most, and a line that tells of it, which comes last. It runs
 * without any environment. Source: https://man7.org/linux/man-pages/man5/core.5.html
 */
export const handler: string = `PATH=/usr/sbin:/usr/bin:/sbin:/bin
mkdir -p ${folder}
head -c 268435456 > ${folder}/$1.core
printf '%s\\n' "$*" > ${folder}/$1.new && mv ${folder}/$1.new ${folder}/$1.crash
`

/**
 * A handler that the guest has is left: it may be what is tested. With a limit, the kernel ends what has crashed only when its handler is
 * done, so that who has seen the end finds the core. Other kernels than Linux keep what they do. All is built into the shell, as every test
 * begins with it.
 */
export const catchScript: string = `
[ -e /proc/sys/kernel/core_pattern ] || exit 0
read -r pattern < /proc/sys/kernel/core_pattern
case $pattern in "|"*) exit ;; esac
printf %s "$1" > ${handlerPath}
echo 64 > /proc/sys/kernel/core_pipe_limit
printf %s '|/bin/sh ${handlerPath} %P %s %t %E' > /proc/sys/kernel/core_pattern`

/** Has the guest keep what crashes from now on, unless it has a handler of its own. */
export async function catchCoredumps(context: VerbContext, options: CallOptions): Promise<void> {
  checkOptions('catchCoredumps', options, callChecks)
  const naming = { verb: 'catchCoredumps', detail: '', defaultTimeoutMs, ...bounds(options) }
  await runVerb(context, naming, async (running) => {
    await run(context, [catchScript, 'sh', handler], running)
  })
}

/**
 * First what our handler has written, a line each, and then what systemd's has: its files have in their names the program, the user,
 * the boot, the process and the time in microseconds, and its list has the signal and the path. It hands what has crashed to a
 * service, which is waited for.
 */
export const listScript: string = `
  cat ${folder}/*.crash 2> /dev/null || true
  echo systemd
  [ -e ${coredumpctl} ] || exit 0
  while systemctl list-units --no-legend --plain 'systemd-coredump@*' | grep -q .; do sleep 0.1; done
  TZ=UTC coredumpctl --no-legend --no-pager list 2> /dev/null || true
  echo files
  ls /var/lib/systemd/coredump 2> /dev/null || true`

/** What crashed. */
export async function coredumps(context: VerbContext, options: CallOptions): Promise<Coredump[]> {
  checkOptions('coredumps', options, callChecks)
  const naming = { verb: 'coredumps', detail: '', defaultTimeoutMs, ...bounds(options) }
  return runVerb(context, naming, async (running) => {
    // A test that ends well ends with this.
    const found = await Promise.all([folder, coredumpctl].map((path) => context.channel.stat(path)))
    if (found.every((each) => each === undefined)) return []
    const [ours = '', theirs = ''] = (await run(context, [listScript], running)).split(/^systemd$/m)
    return [...readOwn(ours), ...readSystemd(theirs)]
  })
}

async function run(
  context: VerbContext,
  script: readonly [string, ...string[]],
  running: RunningVerb,
): Promise<string> {
  const result = await new Attempt(context, ['sh', '-euc', ...script], {}).run(running)
  if (result.exitCode === 0) return result.stdout
  throw commandError(context, 'ERR_FLEDGE_COMMAND_FAILED', 'Cannot look for coredumps', result)
}

/** Reads lines as `412 11 1764073200 !usr!bin!sleep`, in which `!` stands for a slash. */
export function readOwn(lines: string): Coredump[] {
  return [...lines.matchAll(/^(\d+) (\d+) (\d+) (.*)$/gm)].map(
    ([, pid = '', signal, seconds, path = '']) => ({
      pid: Number(pid),
      signal: signalName(Number(signal)),
      executable: path.replaceAll('!', '/'),
      at: new Date(Number(seconds) * 1000),
      path: `${folder}/${pid}.core`,
    }),
  )
}

/**
 * Reads lines as `Wed 2026-11-25 12:20:00 UTC 412 0 0 SIGSEGV present /usr/bin/sleep 20.1K`; older ones have the signal's number, and a
 * column less.
 */
export function readSystemd(text: string): Coredump[] {
  const [list = '', files = ''] = text.split(/^files$/m)
  const paths = new Map(
    [...files.matchAll(/^core\..*\.[0-9a-f]{32}\.(\d+)\.(\d{10})\d*(?:\.\w+)?$/gm)].map(([name, pid]) => [
      Number(pid),
      `/var/lib/systemd/coredump/${name}`,
    ]),
  )
  const row =
    /^\s*\w+ (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC\s+(\d+)\s+\d+\s+\d+\s+(\S+)\s+(\S+)\s+(\S.*?)(?:\s+\S+)?$/gm
  return [...list.matchAll(row)].map(([, date, time, pid, signal = '', , executable = '']) => {
    const path = paths.get(Number(pid))
    return {
      pid: Number(pid),
      signal: /^\d+$/.test(signal) ? signalName(Number(signal)) : signal,
      executable,
      at: new Date(`${date}T${time}Z`),
      ...(path === undefined ? {} : { path }),
    }
  })
}
