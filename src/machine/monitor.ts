import type { QmpCommands, QmpEvent } from '../qemu/qmp-types.ts'
import { checkOptions, checkValue, text, type OptionCheck, type OptionChecks } from '../util/check-options.ts'
import { bounds, callChecks, deferred, type CallOptions } from '../util/with-deadline.ts'
import { runVerb, type VerbContext } from './verb.ts'

/** Sends a line to QEMU's human monitor, and gives what it answers. */
export async function sendMonitorCommand(
  context: VerbContext,
  line: string,
  options: CallOptions,
): Promise<string> {
  checkValue('sendMonitorCommand', 'line', line, text)
  checkOptions('sendMonitorCommand', options, callChecks)
  const naming = { verb: 'sendMonitorCommand', detail: line, defaultTimeoutMs: 30_000, ...bounds(options) }
  return runVerb(context, naming, ({ signal }) =>
    context.owned.qmp.run('human-monitor-command', { 'command-line': line }, { signal }),
  )
}

const commandName: OptionCheck = (value) =>
  typeof value === 'string' && /^[a-z][\w-]*$/.test(value) ? undefined : 'the name of a command of QMP'

const plainObject: OptionCheck = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'an object'

/** Runs a command of QMP. */
export async function qmp(
  context: VerbContext,
  command: string,
  args: object | undefined,
  options: CallOptions,
): Promise<unknown> {
  checkValue('qmp', 'command', command, commandName)
  if (args !== undefined) checkValue('qmp', 'arguments', args, plainObject)
  checkOptions('qmp', options, callChecks)
  const detail = args === undefined ? command : `${command} ${JSON.stringify(args)}`
  const naming = { verb: 'qmp', detail, defaultTimeoutMs: 30_000, ...bounds(options) }
  // QEMU knows which commands there are; the types are for those who call.
  const known = command as 'set_link'
  const given = args as QmpCommands['set_link']['arguments'] | undefined
  return runVerb(context, naming, ({ signal }) =>
    context.owned.qmp.run(known, given, { signal, timeoutMs: Number.POSITIVE_INFINITY }),
  )
}

/** Which events may be the one. */
export interface QmpEventOptions extends CallOptions {
  /** Only what came after this one. Default: all since the machine was started. */
  readonly after?: QmpEvent
}

const eventChecks: OptionChecks<QmpEventOptions> = { ...callChecks, after: plainObject }

/** Waits for an event of QEMU that no wait before has given. */
export async function waitForQmpEvent(
  context: VerbContext,
  wanted: string | ((event: QmpEvent) => boolean),
  options: QmpEventOptions,
): Promise<QmpEvent> {
  checkValue('waitForQmpEvent', 'event', wanted, (value) =>
    typeof value === 'function' || text(value) === undefined
      ? undefined
      : 'the name of an event, or a function',
  )
  checkOptions('waitForQmpEvent', options, eventChecks)
  const { after } = options
  const detail = typeof wanted === 'string' ? wanted : wanted.name
  const naming = { verb: 'waitForQmpEvent', detail, defaultTimeoutMs: 600_000, ...bounds(options) }
  const isWanted = typeof wanted === 'string' ? (event: QmpEvent) => event.name === wanted : wanted
  return runVerb(context, naming, async ({ signal, saw }) => {
    const { events } = context.owned
    const look = (): QmpEvent | undefined => {
      saw(events.last === undefined ? 'no event' : `the event ${events.last.name}`)
      return events.take(isWanted, after)
    }
    const found = look()
    if (found) return found
    const { promise, resolve, reject } = deferred<QmpEvent>()
    const forget = events.onChange(() => {
      try {
        const event = look()
        if (event) resolve(event)
      } catch (error) {
        // The caller's own function failed.
        reject(error)
      }
    })
    // A wait that was given up takes no event from one that comes later.
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    return promise.finally(() => {
      forget()
      signal.removeEventListener('abort', abort)
    })
  })
}
