import { lstat, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { removeInNamespaces } from '../image/in-namespaces.ts'
import { cacheFolder } from '../util/cache-folder.ts'
import { tryLockFile } from '../util/file-lock.ts'
import { cacheKinds, type StageKind } from './cache-entry.ts'
import { diskUsage } from './disk-usage.ts'
import { namesIn, stageFolder } from './stage.ts'

/** Something that a process left behind that was killed. */
export interface Leftover {
  readonly path: string
  readonly what: 'unfinished' | 'lock'
  readonly bytes: number
}

/** Longer than any live process keeps a file of these under a name. */
const moment = 60_000

/** Finds what dead processes left behind, and removes it unless this is for show. Nothing that a live one works on. */
export async function sweepLeftovers({ dryRun }: { dryRun: boolean }): Promise<readonly Leftover[]> {
  const swept: Leftover[] = []
  for (const kind of cacheKinds) swept.push(...(await sweepStage(kind, dryRun)))
  for (const [folder, isOurs] of looseFiles()) {
    for (const name of (await namesIn(folder)).filter(isOurs)) {
      const path = join(folder, name)
      const found = await lstat(path).catch(() => undefined)
      if (!found?.isFile() || isOfNow(found.mtimeMs)) continue
      swept.push({ path, what: 'unfinished', bytes: await diskUsage(path) })
      if (!dryRun) await rm(path, { force: true })
    }
  }
  return swept
}

/** Whether a live process may have made it; one of the future was made before the clock was set back. */
function isOfNow(mtimeMs: number): boolean {
  return Math.abs(Date.now() - mtimeMs) < moment
}

function looseFiles(): readonly [string, (name: string) => boolean][] {
  return [
    [join(cacheFolder(), 'host'), (name) => name.endsWith('.partial')],
    // An overlay loses its name as soon as it is open.
    [join(cacheFolder(), 'overlays'), () => true],
  ]
}

/** All that is partial under one lock, and the lock, if there is nothing that it could be for. */
async function sweepStage(kind: StageKind, dryRun: boolean): Promise<readonly Leftover[]> {
  const folder = stageFolder(kind)
  const names = await namesIn(folder)
  const partials = names.flatMap((name) => {
    const of =
      /^\.partial-(.+)-\d+-[A-Za-z0-9]{6}(?:-old)?$/.exec(name)?.[1] ??
      (kind === 'download' ? /^(.+)\.part(?:\.json)?$/.exec(name)?.[1] : undefined)
    return of === undefined ? [] : [{ of, path: join(folder, name) }]
  })
  const locks = names.flatMap((name) => (name.endsWith('.lock') ? [name.slice(0, -'.lock'.length)] : []))
  const swept: Leftover[] = []
  for (const name of new Set([...locks, ...partials.map(({ of }) => of)])) {
    const left = partials.filter(({ of }) => of === name)
    if (left.length === 0 && names.includes(name)) continue
    await using lock = await tryLockFile(join(folder, `${name}.lock`))
    if (!lock) continue
    for (const { path } of left) {
      swept.push({ path, what: 'unfinished', bytes: await diskUsage(path) })
      if (!dryRun) await remove(kind, path)
    }
    if ((await namesIn(folder)).includes(name)) continue
    const path = join(folder, `${name}.lock`)
    if (locks.includes(name)) swept.push({ path, what: 'lock', bytes: 0 })
    if (!dryRun) await rm(path, { force: true })
  }
  return swept
}

/** What a build of packages leaves has files of several owners. */
async function remove(kind: StageKind, path: string): Promise<void> {
  if (kind === 'image') await removeInNamespaces(path)
  else await rm(path, { recursive: true, force: true })
}
