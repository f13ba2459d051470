import { stat } from 'node:fs/promises'
import { join } from 'node:path'

import { cacheFolder } from '../util/cache-folder.ts'
import { checkOptions, milliseconds, trueOrFalse, type OptionChecks } from '../util/check-options.ts'
import { tryLockFile } from '../util/file-lock.ts'
import { type CacheEntry, type StageKind, cacheKinds } from './cache-entry.ts'
import { discardFolder } from './discard.ts'
import { type Leftover, sweepLeftovers } from './leftovers.ts'
import { listCache } from './list-cache.ts'
import { machinesOn, programsOn } from './running-machines.ts'
import { namesIn, stageFolder } from './stage.ts'
import { pruneVerdicts } from './verdicts.ts'

/** What is pruned. */
export interface PruneOptions {
  /** Prunes what is in order too, if it was not used for so long. */
  readonly olderThanMs?: number
  /** Only tells what would be removed. */
  readonly dryRun?: boolean
}

/** What was pruned, or would be. */
export interface Pruned {
  readonly removed: readonly { readonly entry: CacheEntry; readonly reason: string }[]
  /** What is outdated or old, and why it is there all the same. */
  readonly spared: readonly { readonly entry: CacheEntry; readonly reason: string }[]
  readonly leftovers: readonly Leftover[]
  /** What all that took on the disk. */
  readonly freedBytes: number
}

const pruneChecks: OptionChecks<PruneOptions> = { olderThanMs: milliseconds, dryRun: trueOrFalse }

/** Removes what nothing refers to any more. */
export async function pruneCache(options: PruneOptions = {}): Promise<Pruned> {
  checkOptions('pruneCache', options, pruneChecks)
  const { dryRun = false } = options
  const entries = await listCache()
  const removed: { entry: CacheEntry; reason: string }[] = []
  const spared: { entry: CacheEntry; reason: string }[] = []
  // From the top down, so that what stays keeps what it was made from.
  for (const kind of cacheKinds.toReversed()) {
    const stage = entries.filter((entry) => entry.kind === kind)
    const kept = entries.filter((entry) => !removed.some((gone) => gone.entry === entry))
    const wanted = stage.flatMap((entry) => {
      const reason = whyRemove(entry, kept, options)
      return reason === undefined ? [] : [{ entry, reason }]
    })
    const busy = wanted.length > 0 && (await isMaking(above[kind]))
    for (const { entry, reason } of wanted) {
      const why = busy ? 'something is being made from it' : await whySpare(entry, kept)
      if (why !== undefined) spared.push({ entry, reason: why })
      else if (dryRun || (await discard(entry))) removed.push({ entry, reason })
      else spared.push({ entry, reason: 'another process is making it anew' })
    }
  }
  const verdicts = await pruneVerdicts(options)
  if (verdicts) removed.push(verdicts)
  const leftovers = await sweepLeftovers({ dryRun })
  const freed = [...removed.map(({ entry }) => entry), ...leftovers]
  return { removed, spared, leftovers, freedBytes: freed.reduce((sum, { bytes }) => sum + bytes, 0) }
}

function whyRemove(
  entry: CacheEntry,
  kept: readonly CacheEntry[],
  { olderThanMs }: PruneOptions,
): string | undefined {
  if (entry.outdated !== undefined) return entry.outdated
  const isBase = kept.some(({ madeFrom }) => madeFrom.includes(entry.folder))
  if (olderThanMs === undefined || isBase) return undefined
  return Date.now() - entry.lastUsed.getTime() > olderThanMs ? 'it was not used for that long' : undefined
}

async function whySpare(entry: CacheEntry, kept: readonly CacheEntry[]): Promise<string | undefined> {
  const machines = machinesOn(await programsOn(cacheFolder()), entry.folder)
  if (machines.length > 0) return `a machine runs on it (process ${machines.join(', ')})`
  // An image can go: prepared copies of it stand alone.
  if (entry.kind === 'image') return undefined
  const user = kept.find(({ madeFrom }) => madeFrom.includes(entry.folder))
  return user && `the ${user.kind === 'template' ? 'template' : 'prepared image'} "${user.name}" rests on it`
}

/** The kind that is made from each. */
const above: Readonly<Record<StageKind, StageKind | undefined>> = {
  download: 'prepared',
  image: 'prepared',
  prepared: 'template',
  template: undefined,
}

/** Whether a process holds a lock of a stage: it may read whatever is in the stage before. */
async function isMaking(kind: StageKind | undefined): Promise<boolean> {
  if (!kind) return false
  const folder = stageFolder(kind)
  for (const name of (await namesIn(folder)).filter((each) => each.endsWith('.lock'))) {
    await using lock = await tryLockFile(join(folder, name))
    if (!lock) return true
  }
  return false
}

/** Removes an entry unless it was made anew since it was listed. */
export async function discard(entry: CacheEntry): Promise<boolean> {
  return discardFolder(entry.folder, async () => {
    const found = await stat(join(entry.folder, 'manifest.json')).catch(() => undefined)
    return found === undefined || found.mtime.getTime() === entry.made.getTime()
  })
}
