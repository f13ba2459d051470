import { statfs } from 'node:fs/promises'

import {
  type CacheEntry,
  cacheFolder,
  listCache,
  pruneCache,
  removeFromCache,
  verifyCache,
} from '../index.ts'
import { formatBytes } from './format-bytes.ts'
import { formatAge } from './format-duration.ts'
import { describe } from './list-images.ts'
import { paint } from '../interactive/paint.ts'
import { print, printJson } from './print.ts'
import { table } from './table.ts'

/** Prints a line for each entry of the cache, and what all of them take. */
export async function listEntries({ json = false }: { json?: boolean }): Promise<void> {
  const entries = await listCache()
  if (json) return printJson(entries)
  if (entries.length > 0) {
    const head = ['KIND', 'NAME', 'SIZE', 'MADE', 'USED', 'STATE'].map((title) => paint('dim', title))
    const rows = entries.map((entry) => [
      entry.kind,
      entry.name,
      formatBytes(entry.bytes),
      formatAge(entry.made),
      formatAge(entry.lastUsed),
      state(entry, entries),
    ])
    print(`${table([head, ...rows], [2])}\n`)
  }
  const folder = cacheFolder()
  const free = await statfs(folder).then(
    ({ bavail, bsize }) => `, ${formatBytes(bavail * bsize)} free on its disk`,
    () => '',
  )
  print(`${folder}: ${formatBytes(total(entries))}${free}`)
  const outdated = entries.filter((entry) => entry.outdated !== undefined)
  if (outdated.length > 0)
    print(`"fledge cache prune" removes what is outdated: ${formatBytes(total(outdated))}`)
}

function state(entry: CacheEntry, entries: readonly CacheEntry[]): string {
  const { machines, outdated, folder } = entry
  const above = entries.filter(({ madeFrom }) => madeFrom.includes(folder)).length
  return [
    ...(machines.length > 0 ? [count(machines.length, 'machine')] : []),
    ...(outdated === undefined ? [] : [paint('yellow', `outdated: ${outdated}`)]),
    ...(above > 0 ? [`${count(above, above === 1 ? 'entry' : 'entries', '')} made from it`] : []),
    entry.count === undefined ? describe(entry) : `${count(entry.count, 'verdict')} of sealed runs`,
  ]
    .filter(Boolean)
    .join('; ')
}

/** Prunes, and says what that freed. */
export async function prune(given: { olderThan?: number; dryRun?: boolean }): Promise<void> {
  const { olderThan, dryRun = false } = given
  const { removed, spared, leftovers, freedBytes } = await pruneCache({
    dryRun,
    ...(olderThan === undefined ? {} : { olderThanMs: olderThan }),
  })
  const verb = dryRun ? 'would remove' : 'removed'
  const unfinished = leftovers.filter(({ what }) => what === 'unfinished')
  const rows = [
    ...removed.map(({ entry, reason }) => [verb, entry.kind, entry.name, formatBytes(entry.bytes), reason]),
    ...unfinished.map(({ path, bytes }) => [
      verb,
      'rest',
      path.slice(cacheFolder().length + 1),
      formatBytes(bytes),
      'its process ended before it did',
    ]),
    ...spared.map(({ entry, reason }) => ['kept', entry.kind, entry.name, formatBytes(entry.bytes), reason]),
  ]
  if (rows.length > 0) print(table(rows, [3]))
  const locks = leftovers.length - unfinished.length
  if (locks > 0) print(`${verb} ${count(locks, 'lock')} that ${locks === 1 ? 'is' : 'are'} of nothing`)
  print(freedBytes > 0 ? `${dryRun ? 'would free' : 'freed'} ${formatBytes(freedBytes)}` : 'nothing to free')
}

/** Removes entries by name. */
export async function removeEntries(
  names: readonly string[],
  { force = false, dryRun = false }: { force?: boolean; dryRun?: boolean },
): Promise<void> {
  const removed = await removeFromCache(names, { force, dryRun })
  const verb = dryRun ? 'would remove' : 'removed'
  print(
    table(
      removed.map(({ kind, name, bytes }) => [verb, kind, name, formatBytes(bytes)]),
      [3],
    ),
  )
  print(`${dryRun ? 'would free' : 'freed'} ${formatBytes(total(removed))}`)
}

/** Checks the cache; 1 when something in it is damaged. */
export async function verify(signal: AbortSignal): Promise<number> {
  const verified = await verifyCache({ signal })
  const damaged = verified.filter(({ broken }) => broken.length > 0)
  for (const { entry, broken } of damaged) {
    print(`${paint('red', 'damaged')}  ${entry.kind} ${entry.name}: ${broken.join(', ')}`)
    print(`  "fledge cache rm ${entry.name}" removes it; it is made again when it is needed`)
  }
  const bad = damaged.length > 0 ? `, ${damaged.length} damaged` : ', all as they were written'
  print(`${count(verified.length, verified.length === 1 ? 'entry' : 'entries', '')} checked${bad}`)
  return damaged.length > 0 ? 1 : 0
}

function total(entries: readonly { readonly bytes: number }[]): number {
  return entries.reduce((sum, { bytes }) => sum + bytes, 0)
}

function count(number: number, noun: string, plural = 's'): string {
  return `${number} ${noun}${number === 1 ? '' : plural}`
}
