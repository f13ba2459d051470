import { checkOptions, checkValue, text } from '../util/check-options.ts'
import { bounds, callChecks, type CallOptions } from '../util/with-deadline.ts'
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
