import { MisuseError } from '../index.ts'
import type { ExplainedVerdict } from '../sandbox/verdict/explain-verdicts.ts'
import { formatAge, formatDuration } from './format-duration.ts'
import { paint } from '../interactive/paint.ts'
import { type PlanOptions, planTests, sealedRunOf } from './plan-tests.ts'
import { print } from './print.ts'

/** Prints of each test file whether it would run in a seal, and why. */
export async function why(
  args: readonly string[],
  { verdicts, ...wanted }: PlanOptions & { verdicts?: string },
): Promise<void> {
  const { explainVerdicts, verdictPlace } = await import('../sandbox/on-demand.ts')
  const planned = await planTests(args, wanted)
  const choice = { place: verdictPlace(verdicts), options: planned.options }
  const explained = await explainVerdicts(sealedRunOf(planned), choice)
  if (explained.length === 0) {
    throw new MisuseError('ERR_FLEDGE_OPTION', 'Cannot say why: no test file is meant by that', {
      hint: 'Name one, or none for all below this folder',
    })
  }
  print(explained.map(describe).join('\n'))
}

function describe({ file, state, entry, changes }: ExplainedVerdict): string {
  const name = paint('bold', file)
  if (!entry) return `${name}  runs: nothing is remembered of it here`
  const took = entry.tests.reduce((sum, { durationMs }) => sum + durationMs, 0)
  const count = entry.tests.length === 1 ? '1 test' : `${entry.tests.length} tests`
  const when = `${formatAge(new Date(entry.made))}, in ${formatDuration(took)}`
  switch (state) {
    case 'held':
      return `${name}  ${paint('green', 'does not run')}: ${count} passed ${when}`
    case 'needed':
      return `${name}  runs: another file does whose project depends on its`
    case 'gone':
      return `${name}  runs: its verdict is not where verdicts are any more, or is not trusted`
    case 'changed':
    case 'unknown':
    default:
      return [
        `${name}  runs: it passed ${when}, and since then`,
        ...changes.map((change) => `  ${change}`),
      ].join('\n')
  }
}
