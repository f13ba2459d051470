import { EnvironmentError, MisuseError } from '../errors.ts'
import {
  checkOptions,
  checkValue,
  listOfTexts,
  suggest,
  trueOrFalse,
  type OptionChecks,
} from '../util/check-options.ts'
import type { CacheEntry } from './cache-entry.ts'
import { listCache } from './list-cache.ts'
import { discard } from './prune-cache.ts'

/** What is removed. */
export interface RemoveOptions {
  /** Removes what machines run on too; they keep running. */
  readonly force?: boolean
  /** Only tells what would be removed. */
  readonly dryRun?: boolean
}

const removeChecks: OptionChecks<RemoveOptions> = { force: trueOrFalse, dryRun: trueOrFalse }

/** Removes entries with all that was made from them. */
export async function removeFromCache(
  names: readonly string[],
  options: RemoveOptions = {},
): Promise<readonly CacheEntry[]> {
  checkValue('removeFromCache', 'names', names, listOfTexts)
  checkOptions('removeFromCache', options, removeChecks)
  const { force = false, dryRun = false } = options
  const entries = await listCache()
  const wanted = withDependents(entries, new Set(names.flatMap((name) => named(entries, name))))
  const used = wanted.find(({ machines }) => machines.length > 0)
  if (used && !force) {
    throw new EnvironmentError(
      'ERR_FLEDGE_CACHE',
      `Cannot remove the ${used.kind} "${used.name}": a machine runs on it (process ${used.machines.join(', ')})`,
      { hint: 'Stop the machine first; or use "--force": it runs on, and the space is free when it ends' },
    )
  }
  for (const entry of dryRun ? [] : wanted) {
    if (!(await discard(entry))) {
      throw new EnvironmentError(
        'ERR_FLEDGE_CACHE',
        `Cannot remove the ${entry.kind} "${entry.name}": another process is making it anew`,
        { hint: 'Try again when that has ended' },
      )
    }
  }
  return wanted
}

function named(entries: readonly CacheEntry[], name: string): readonly CacheEntry[] {
  const found = entries.filter((entry) => entry.name === name || entry.image === name)
  if (found.length > 0) return found
  const known = [...new Set(entries.flatMap((entry) => [entry.image ?? entry.name, entry.name]))]
  throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot remove "${name}": nothing in the cache has that name`, {
    hint: known.length === 0 ? 'The cache is empty' : suggest(name, known),
  })
}

/** From the top down: what rests on others goes before them. */
function withDependents(
  entries: readonly CacheEntry[],
  chosen: ReadonlySet<CacheEntry>,
): readonly CacheEntry[] {
  const folders = new Set([...chosen].map(({ folder }) => folder))
  // Each entry is listed after what it was made from.
  for (const { folder, madeFrom } of entries) {
    if (madeFrom.some((below) => folders.has(below))) folders.add(folder)
  }
  return entries.filter(({ folder }) => folders.has(folder)).toReversed()
}
