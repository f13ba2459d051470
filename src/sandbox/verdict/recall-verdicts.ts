import type { RememberedLaunch, VerdictEntry } from './verdict-entry.ts'
import type { VerdictStore } from './verdict-store.ts'
import { type Part, verdictKey } from './part.ts'

/** How a machine that was launched would be made now; `undefined` when it could not be. */
export type LaunchNow = (
  launch: RememberedLaunch,
) => Promise<Pick<RememberedLaunch, 'templateKey' | 'sources'> | undefined>

/** The verdict of a test file that holds now. */
export interface Recalled {
  readonly entry: VerdictEntry
  /** Where its piece of evidence is, if that was asked for. */
  readonly piece?: string
}

/** What is asked of a store. */
export interface RecallOptions {
  readonly store: VerdictStore
  readonly launchNow: LaunchNow
  /** Whether reports are to be made of the evidence. */
  readonly wantsEvidence: boolean
}

/** Files that are asked for at once. */
const atOnce = 16

/** The verdicts that hold, by the names of their test files. */
export async function recallVerdicts(
  parts: ReadonlyMap<string, readonly Part[]>,
  options: RecallOptions,
): Promise<ReadonlyMap<string, Recalled>> {
  const files = [...parts]
  const found = new Map<string, Recalled>()
  for (let at = 0; at < files.length; at += atOnce) {
    const some = files.slice(at, at + atOnce)
    const verdicts = await Promise.all(some.map(([file, each]) => recallOne(file, each, options)))
    for (const [index, verdict] of verdicts.entries()) {
      const [file] = some[index] ?? []
      if (verdict && file !== undefined) found.set(file, verdict)
    }
  }
  return found
}

async function recallOne(
  file: string,
  parts: readonly Part[],
  { store, launchNow, wantsEvidence }: RecallOptions,
): Promise<Recalled | undefined> {
  const entry = await store.find(verdictKey(file, parts))
  if (!entry || (await changedLaunches(entry.launches, launchNow)).length > 0) return undefined
  if (!wantsEvidence) return { entry }
  const piece = await store.evidence(entry)
  return piece === undefined ? undefined : { entry, piece }
}

/** A machine that would not be what it was, and why. */
export interface ChangedLaunch {
  readonly image: string
  /** The paths of what it was given that is not as it was; none when the machine itself is another. */
  readonly sources: readonly string[]
}

/** The machines that would not be made of the same now. */
export async function changedLaunches(
  launches: readonly RememberedLaunch[],
  launchNow: LaunchNow,
): Promise<readonly ChangedLaunch[]> {
  const changed: ChangedLaunch[] = []
  for (const launch of launches) {
    const { image, templateKey, sources } = launch
    const now = await launchNow(launch)
    if (now?.templateKey !== templateKey) changed.push({ image, sources: [] })
    else {
      const current = new Map(now.sources.map(({ path, digest }) => [path, digest]))
      const other = sources.filter(({ path, digest }) => current.get(path) !== digest).map(({ path }) => path)
      if (other.length > 0) changed.push({ image, sources: other })
    }
  }
  return changed
}
