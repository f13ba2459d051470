import { MisuseError } from '../errors.ts'
import { findSealedInputs } from './find-sealed-inputs.ts'
import { requireSeal } from './require-seal.ts'
import { absenceReporter } from './sealed-config.ts'
import { Sealing } from './sealing.ts'
import type { TestRun } from './test-run.ts'
import { TransformCache } from './transform-cache.ts'
import { runWithVerdicts, type VerdictChoice } from './verdict/run-with-verdicts.ts'
import { withoutReporters } from './without-reporters.ts'

/** Options of Playwright that a sealed run cannot have, and why. */
const refused: Readonly<Record<string, string>> = {
  '--ui': 'a sealed run has neither a screen nor a network',
  '--ui-host': 'a sealed run has neither a screen nor a network',
  '--ui-port': 'a sealed run has neither a screen nor a network',
  '--debug': 'a sealed run has no screen',
  '--update-snapshots': 'a sealed run only reads them',
  '-u': 'a sealed run only reads snapshots',
  '--only-changed': 'a sealed run does not see what has changed in the history',
}

/**
 * Runs tests in a seal: those whose verdicts are not remembered, or without a choice all of them.
 *
 * @returns the exit status of Playwright
 * @throws MisuseError `ERR_FLEDGE_OPTION`; EnvironmentError `ERR_FLEDGE_SEAL` where the host allows no seal,
 * `ERR_FLEDGE_TOOL_MISSING` without bubblewrap
 */
export async function runSealed(given: TestRun, verdicts?: VerdictChoice): Promise<number> {
  checkArguments(given.args)
  using compiled = new TransformCache()
  const run = { ...given, compiled: compiled.mount }
  const found = await findSealedInputs(run)
  if ('output' in found) {
    // Trying it takes its time, and is only done when something is wrong.
    if (!found.isListed) await requireSeal()
    process.stdout.write(found.output)
    return found.exitCode
  }
  for (const pattern of found.unmatched) {
    process.stderr.write(`fledge: no file matches ${JSON.stringify(pattern)} of "inputs"\n`)
  }
  using sealing = new Sealing(run, found)
  if (verdicts) return await runWithVerdicts(run, found, verdicts, sealing)
  return await sealing.playwright({
    args: ['test', ...run.configArgs, ...withAbsences(run.args)],
    machines: true,
  })
}

function checkArguments(args: readonly string[]): void {
  for (const argument of args) {
    const [name = ''] = argument.split('=', 1)
    const why = Object.hasOwn(refused, name) ? refused[name] : undefined
    if (why !== undefined) {
      throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot use ${name} with --sandbox: ${why}`, {
        hint: 'Leave one of them out',
      })
    }
  }
}

/** The reporters of the command line take the place of the configuration's, where ours would be. */
function withAbsences(args: readonly string[]): readonly string[] {
  const { rest, reporters, added } = withoutReporters(args)
  return [
    ...rest,
    ...(reporters ? ['--reporter', [absenceReporter, ...reporters].join(',')] : []),
    ...(added.length > 0 ? ['--add-reporter', added.join(',')] : []),
  ]
}
