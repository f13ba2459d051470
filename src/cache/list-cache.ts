import { dirname, resolve } from 'node:path'

import { readDownloadManifest } from '../image/download/download-manifest.ts'
import { readImageManifest } from '../image/image-manifest.ts'
import { preparedKey } from '../image/image-key.ts'
import type { PreparedImage } from '../image/image.ts'
import { readPrepared } from '../image/read-prepared.ts'
import { readManifest } from '../template/manifest.ts'
import { cacheFolder } from '../util/cache-folder.ts'
import type { CacheEntry } from './cache-entry.ts'
import { judgeDownload, judgeImage, judgePrepared, judgeTemplate, present, type Present } from './judge.ts'
import { machinesOn, programsOn, type RunningPrograms } from './running-machines.ts'
import { foldersOf, type FoundFolder } from './stage.ts'
import { listVerdicts } from './verdicts.ts'

/** What an entry says of itself, beyond what its folder shows. */
type Said = Pick<CacheEntry, 'image' | 'madeFrom' | 'machine' | 'outdated'>

/** An entry, and what the ones above it are judged by. */
interface Judged {
  readonly entry: CacheEntry
  readonly key?: string
  readonly prepared?: PreparedImage
}

/** All that the cache holds, each entry after what it was made from. */
export async function listCache(): Promise<readonly CacheEntry[]> {
  const [now, programs] = await Promise.all([present(), programsOn(cacheFolder())])
  const downloads = await Promise.all(
    (await foldersOf('download')).map((found) => aDownload(found, programs)),
  )
  const images = await Promise.all((await foldersOf('image')).map((found) => anImage(found, programs)))
  const prepared = await Promise.all(
    (await foldersOf('prepared')).map((found) => aPrepared(found, programs, now, [...downloads, ...images])),
  )
  const templates = await Promise.all(
    (await foldersOf('template')).map((found) => aTemplate(found, programs, now, prepared)),
  )
  const verdicts = await listVerdicts()
  return [
    ...[...downloads, ...images, ...prepared, ...templates].map(({ entry }) => entry),
    ...(verdicts ? [verdicts] : []),
  ]
}

async function aDownload(found: FoundFolder, programs: RunningPrograms): Promise<Judged> {
  const manifest = await readDownloadManifest(found.folder)
  const said = { ...named(manifest?.name), madeFrom: [], ...outdated(judgeDownload(manifest)) }
  return { entry: describe(found, programs, said) }
}

async function anImage(found: FoundFolder, programs: RunningPrograms): Promise<Judged> {
  const manifest = await readImageManifest(found.folder)
  const said = { ...named(manifest?.name), madeFrom: [], ...outdated(judgeImage(manifest)) }
  return { entry: describe(found, programs, said), ...(manifest ? { key: manifest.key } : {}) }
}

async function aPrepared(
  found: FoundFolder,
  programs: RunningPrograms,
  now: Present,
  images: readonly Judged[],
): Promise<Judged> {
  const read = await readPrepared(found.folder)
  const prepared = read?.image
  const origin = read?.layer === undefined ? undefined : dirname(resolve(found.folder, read.layer.origin))
  const image = images.find(({ entry, key }) =>
    origin === undefined
      ? prepared && key !== undefined && preparedKey(key, prepared.agentDigest) === prepared.key
      : entry.folder === origin,
  )
  const said = {
    ...named(prepared?.name),
    madeFrom: image ? [image.entry.folder] : [],
    ...outdated(await judgePrepared(now, read, image?.entry)),
  }
  return { entry: describe(found, programs, said), ...(prepared ? { prepared } : {}) }
}

async function aTemplate(
  found: FoundFolder,
  programs: RunningPrograms,
  now: Present,
  prepared: readonly Judged[],
): Promise<Judged> {
  const manifest = await readManifest(found.folder)
  const top = manifest?.disk.at(-1)
  const place = top && dirname(resolve(found.folder, top.path))
  const below = prepared.find(({ entry }) => entry.folder === place)
  const { accelerator, cpus, memoryMiB } = manifest?.chassis ?? {}
  const machine =
    accelerator && cpus && memoryMiB
      ? { accelerator, cpus, memoryMiB, diskGiB: (manifest?.diskSize ?? 0) / 2 ** 30 }
      : undefined
  const said = {
    ...named(manifest?.image),
    madeFrom: below ? [below.entry.folder] : [],
    ...(machine ? { machine } : {}),
    ...outdated(judgeTemplate(now, manifest, below)),
  }
  return { entry: describe(found, programs, said) }
}

function describe(found: FoundFolder, programs: RunningPrograms, said: Said): CacheEntry {
  return { ...found, ...said, machines: machinesOn(programs, found.folder) }
}

function named(image: string | undefined): Pick<CacheEntry, 'image'> {
  return image === undefined ? {} : { image }
}

function outdated(reason: string | undefined): Pick<CacheEntry, 'outdated'> {
  return reason === undefined ? {} : { outdated: reason }
}
