import { MisuseError } from '../../errors.ts'
import { findSealedInputs } from '../find-sealed-inputs.ts'
import { requireSeal } from '../require-seal.ts'
import { sealEnvironment } from '../seal-environment.ts'
import type { TestRun } from '../test-run.ts'
import { explainChange, explainLaunch } from './explain-change.ts'
import { lastVerdict } from './last-verdict.ts'
import { launchNow } from './launch-now.ts'
import { changesOf } from './part.ts'
import { changedLaunches } from './recall-verdicts.ts'
import { openMemory, type VerdictChoice } from './run-with-verdicts.ts'
import type { VerdictEntry } from './verdict-entry.ts'

/** Whether a test file would run now, and why. */
export interface ExplainedVerdict {
  /** From the folder of the project. */
  readonly file: string
  /** `held`: it would not run. */
  readonly state: 'held' | 'changed' | 'unknown' | 'needed' | 'gone'
  /** What is remembered of it, or was the last time. */
  readonly entry?: VerdictEntry
  /** What is not as it was then, each in a line. */
  readonly changes: readonly string[]
}

/**
 * Finds out of the test files of a run which would run in a seal, and what has changed since they last did.
 *
 * @throws MisuseError `ERR_FLEDGE_OPTION` when Playwright cannot list the tests; EnvironmentError `ERR_FLEDGE_SEAL`,
 * `ERR_FLEDGE_TOOL_MISSING`
 */
export async function explainVerdicts(
  run: TestRun,
  choice: Pick<VerdictChoice, 'place' | 'options'>,
): Promise<readonly ExplainedVerdict[]> {
  await requireSeal()
  const found = await findSealedInputs(run)
  if ('output' in found) {
    throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot list the tests: ${found.output.trim()}`)
  }
  const env = sealEnvironment(process.env, found.inputs.environment, {
    folder: run.folder,
    screen: process.stdout,
  })
  await using memory = await openMemory(run, found, choice, env)
  const held = await memory.recall({ wantsEvidence: false })
  const now = launchNow(run.folder)
  const explain = async (file: string): Promise<ExplainedVerdict> => {
    const holds = held.get(file)
    if (holds) return { file, state: 'held', entry: holds.entry, changes: [] }
    const last = await lastVerdict(choice.place, run.folder, file)
    if (!last) return { file, state: 'unknown', changes: [] }
    const changes = [
      ...changesOf(last.parts, memory.parts.get(file) ?? []).map(explainChange),
      ...(await changedLaunches(last.launches, now)).map(explainLaunch),
    ]
    if (changes.length > 0) return { file, state: 'changed', entry: last, changes }
    return { file, state: memory.holds(file) ? 'needed' : 'gone', entry: last, changes }
  }
  return await Promise.all([...memory.parts.keys()].toSorted().map(explain))
}
