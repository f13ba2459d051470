import { dirname, resolve } from 'node:path'

import { readImageManifest, readPreparedImage } from '../image/image-manifest.ts'
import { preparedKey } from '../image/image-key.ts'
import type { PreparedImage } from '../image/image.ts'
import { readManifest } from '../template/manifest.ts'
import { cacheFolder } from '../util/cache-folder.ts'
import type { CacheEntry } from './cache-entry.ts'
import { judgeImage, judgePrepared, judgeTemplate, present, type Present } from './judge.ts'
import { machinesOn, programsOn, type RunningPrograms } from './running-machines.ts'
import { foldersOf, type FoundFolder } from './stage.ts'

/** What an entry says of itself, beyond what its folder shows. */
type Said = Pick<CacheEntry, 'image' | 'madeFrom' | 'machine' | 'outdated'>

/** An entry while the ones above it are being judged. */
type Judged = CacheEntry & { readonly key?: string; readonly prepared?: PreparedImage }

/**
 * All that the cache holds: images, then prepared images, then templates, with what they take, what they were
 * made from, what runs on them, and what is of no use any more.
 *
 * @example
 * const bytes = (await listCache()).reduce((sum, entry) => sum + entry.bytes, 0)
 */
export async function listCache(): Promise<readonly CacheEntry[]> {
  const [now, programs] = await Promise.all([present(), programsOn(cacheFolder())])
  const images = await Promise.all((await foldersOf('image')).map((found) => anImage(found, programs)))
  const prepared = await Promise.all(
    (await foldersOf('prepared')).map((found) => aPrepared(found, programs, now, images)),
  )
  const templates = await Promise.all(
    (await foldersOf('template')).map((found) => aTemplate(found, programs, now, prepared)),
  )
  return [...images, ...prepared, ...templates].map(({ key: _, prepared: __, ...entry }) => entry)
}

async function anImage(found: FoundFolder, programs: RunningPrograms): Promise<Judged> {
  const manifest = await readImageManifest(found.folder)
  const said = { ...named(manifest?.name), madeFrom: [], ...outdated(judgeImage(manifest)) }
  return { ...entry(found, programs, said), ...(manifest ? { key: manifest.key } : {}) }
}

async function aPrepared(
  found: FoundFolder,
  programs: RunningPrograms,
  now: Present,
  images: readonly Judged[],
): Promise<Judged> {
  const prepared = await readPreparedImage(found.folder)
  const image = images.find(
    ({ key }) => prepared && key !== undefined && preparedKey(key, prepared.agentDigest) === prepared.key,
  )
  const said = {
    ...named(prepared?.name),
    madeFrom: image ? [image.folder] : [],
    ...outdated(judgePrepared(now, prepared, image)),
  }
  return { ...entry(found, programs, said), ...(prepared ? { prepared } : {}) }
}

async function aTemplate(
  found: FoundFolder,
  programs: RunningPrograms,
  now: Present,
  prepared: readonly Judged[],
): Promise<Judged> {
  const manifest = await readManifest(found.folder)
  const layers = (manifest?.disk ?? []).map(({ path }) => dirname(resolve(found.folder, path)))
  const below = prepared.filter(({ folder }) => layers.includes(folder))
  const { accelerator, cpus, memoryMiB } = manifest?.chassis ?? {}
  const machine =
    accelerator && cpus && memoryMiB
      ? { accelerator, cpus, memoryMiB, diskGiB: (manifest?.diskSize ?? 0) / 2 ** 30 }
      : undefined
  return entry(found, programs, {
    ...named(manifest?.image),
    madeFrom: below.map(({ folder }) => folder),
    ...(machine ? { machine } : {}),
    ...outdated(judgeTemplate(now, manifest, below)),
  })
}

function entry(found: FoundFolder, programs: RunningPrograms, said: Said): CacheEntry {
  return { ...found, ...said, machines: machinesOn(programs, found.folder) }
}

function named(image: string | undefined): Pick<CacheEntry, 'image'> {
  return image === undefined ? {} : { image }
}

function outdated(reason: string | undefined): Pick<CacheEntry, 'outdated'> {
  return reason === undefined ? {} : { outdated: reason }
}
