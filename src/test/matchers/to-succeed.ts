import type { CommandLine, CommandOptions, CommandResult, Machine } from '../../index.ts'
import { anything, callChecks } from './checks.ts'
import { lookUntil, type MatcherResult, type MatcherState } from './look-until.ts'
import { shortened } from './texts.ts'

/** That a command comes to exit with 0. It is run again until then. */
export async function toSucceed(
  this: MatcherState,
  vm: Machine,
  command: CommandLine,
  options: CommandOptions = {},
): Promise<MatcherResult> {
  return run(
    this,
    vm,
    { matcher: 'toSucceed', wanted: 'exit code 0', isSo: (code) => code === 0 },
    command,
    options,
  )
}

/** That a command comes to exit with another code than 0, or by a signal. It is run again until then. */
export async function toFail(
  this: MatcherState,
  vm: Machine,
  command: CommandLine,
  options: CommandOptions = {},
): Promise<MatcherResult> {
  const wanted = 'another exit code than 0'
  return run(this, vm, { matcher: 'toFail', wanted, isSo: (code) => code !== 0 }, command, options)
}

async function run(
  state: MatcherState,
  vm: Machine,
  { matcher, wanted, isSo }: { matcher: string; wanted: string; isSo: (code: number | undefined) => boolean },
  command: CommandLine,
  options: CommandOptions,
): Promise<MatcherResult> {
  const { timeoutMs: _, signal: __, ...place } = options
  return lookUntil(state, vm, {
    matcher,
    subject: typeof command === 'string' ? command : command.join(' '),
    wanted,
    options,
    checks: { ...callChecks, env: anything, cwd: anything, user: anything, stdin: anything },
    look: async (bounds) => {
      const result = await vm.execute(command, { ...place, ...bounds })
      return { pass: isSo(result.exitCode), got: outcome(result) }
    },
    lookAt: 'journalctl --no-pager --lines=10',
  })
}

function outcome({ exitCode, signal, stdout, stderr }: CommandResult): string {
  const how = signal === undefined ? `exit code ${exitCode}` : `ended by ${signal}`
  const said = [
    ['stderr', stderr],
    ['stdout', stdout],
  ].flatMap(([name, text = '']) => (text.trim() === '' ? [] : [`${name}: ${shortened(text.trimEnd())}`]))
  return [how, ...said].join('\n')
}
