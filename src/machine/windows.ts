import { GuestError } from '../errors.ts'
import { checkOptions, checkValue } from '../util/check-options.ts'
import { bounds, callChecks, type CallOptions } from '../util/with-deadline.ts'
import { Attempt, type CommandResult } from './command.ts'
import { asRegExp, pattern } from './console.ts'
import { retry } from './retry.ts'
import { runVerb, type RunningVerb, type VerbContext } from './verb.ts'

/** As in the NixOS test driver's waits: 15 minutes. */
const defaultTimeoutMs = 900_000

/** The socket of the display `:0`. */
const socket = '/tmp/.X11-unix/X0'
/** The exit code of the script below when the guest lacks the program. */
const noProgram = 9
const noProgramText = 'the guest has no program "xwininfo"'

/** Asks the display `:0`, as whoever started its server lets in: the server's own argument says which file proves that. */
const script = `
  command -v xwininfo > /dev/null || exit ${noProgram}
  for server in $(grep -lsa -e -auth /proc/[0-9]*/cmdline); do
    authority=$(tr '\\0' '\\n' < "$server" 2> /dev/null | sed -n '/^-auth$/{n;p;q}')
    if [ -n "$authority" ]; then export XAUTHORITY="$authority"; break; fi
  done
  DISPLAY=:0 xwininfo -root "$@"`

/** The names of all windows on the display `:0`. */
export async function getWindowNames(context: VerbContext, options: CallOptions): Promise<string[]> {
  checkOptions('getWindowNames', options, callChecks)
  const naming = { verb: 'getWindowNames', detail: '', defaultTimeoutMs: 30_000, ...bounds(options) }
  return runVerb(context, naming, async (running) => {
    const { names, refusal } = await readNames(context, running)
    if (names) return names
    throw new GuestError(
      'ERR_FLEDGE_COMMAND_FAILED',
      `Cannot ask the display ":0" for its windows: ${refusal}`,
      {
        machine: context.owned.name,
        hint:
          refusal === noProgramText
            ? 'Debian has it in the package x11-utils, Fedora in xwininfo, Arch in xorg-xwininfo'
            : 'waitForX waits until the display is there',
      },
    )
  })
}

/** Waits until the name of a window matches. */
export async function waitForWindow(
  context: VerbContext,
  wanted: string | RegExp,
  options: CallOptions,
): Promise<string> {
  checkValue('waitForWindow', 'pattern', wanted, pattern)
  checkOptions('waitForWindow', options, callChecks)
  const search = asRegExp(wanted)
  const naming = { verb: 'waitForWindow', detail: String(wanted), defaultTimeoutMs, ...bounds(options) }
  return runVerb(context, naming, (running) =>
    retry(running.signal, async () => {
      const { names, refusal } = await readNames(context, running)
      running.saw(names ? `windows ${JSON.stringify(names)}` : refusal)
      return names?.find((name) => name.search(search) >= 0)
    }),
  )
}

/** Waits until the display `:0` answers. */
export async function waitForX(context: VerbContext, options: CallOptions): Promise<void> {
  checkOptions('waitForX', options, callChecks)
  const naming = { verb: 'waitForX', detail: '', defaultTimeoutMs, ...bounds(options) }
  await runVerb(context, naming, (running) =>
    retry(running.signal, async () => {
      const { open, reason } = await context.channel.probe({ kind: 'stream', address: socket })
      running.saw(`nothing listens at ${socket} (${reason})`)
      if (!open) return undefined
      const { exitCode, stderr } = await ask(context, running, [])
      running.saw(stderr.trim())
      // Without the program, a server that listens is all that can be known.
      return exitCode === 0 || exitCode === noProgram ? true : undefined
    }),
  )
}

async function readNames(
  context: VerbContext,
  running: RunningVerb,
): Promise<{ readonly names?: string[]; readonly refusal: string }> {
  const { exitCode, stdout, stderr } = await ask(context, running, ['-tree'])
  if (exitCode === noProgram) return { refusal: noProgramText }
  return exitCode === 0 ? { names: namesIn(stdout), refusal: '' } : { refusal: stderr.trim() }
}

async function ask(
  context: VerbContext,
  running: RunningVerb,
  args: readonly string[],
): Promise<CommandResult> {
  return new Attempt(context, ['sh', '-uc', script, 'sh', ...args], {}).run(running)
}

/** A window is a line with its number, its name in quotation marks, and its classes: `0x20000d "A window": ("xterm" "XTerm")  364x264+0+0`. */
export function namesIn(tree: string): string[] {
  return [...tree.matchAll(/^\s+0x[0-9a-f]+ "(.*)": \(/gm)].map(([, name = '']) => name)
}
