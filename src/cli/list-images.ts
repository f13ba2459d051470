import {
  type CacheEntry,
  type CatalogEntry,
  hostArchitecture,
  imageCatalog,
  imageNames,
  listCache,
} from '../index.ts'
import { formatBytes } from './format-bytes.ts'
import { formatAge } from './format-duration.ts'
import { paint } from '../interactive/paint.ts'
import { print, printJson } from './print.ts'
import { table } from './table.ts'

const stages = {
  download: 'downloaded',
  image: 'built',
  prepared: 'prepared',
  template: 'template',
} as const

/** What the cache has of an image. */
interface Cached {
  readonly image: CacheEntry | undefined
  /** How far it has come. */
  readonly stage: string | undefined
  readonly templates: readonly CacheEntry[]
}

/**
 * Lists the images that can be built, then those in the cache that have extra packages, and of all images also the
 * official ones.
 */
export async function listImages({
  json = false,
  all = false,
}: {
  json?: boolean
  all?: boolean
}): Promise<void> {
  const entries = (await listCache()).filter(({ outdated }) => outdated === undefined)
  const catalog = all ? imageCatalog() : []
  const official = new Set(catalog.map(({ name }) => name))
  const others = entries.flatMap(({ image }) => (image === undefined || official.has(image) ? [] : [image]))
  const names = [...new Set([...imageNames(), ...others])]
  const cached = (name: string): Cached => cachedOf(name, entries)
  if (json) {
    printJson([
      ...names.map((name) => ({ name, ...forPrograms(cached(name)) })),
      ...catalog.map((entry) => ({ ...entry, ...forPrograms(cached(entry.name)) })),
    ])
    return
  }
  print(builtTable(names, cached))
  if (all) print(`\n${officialTable(catalog, cached)}`)
}

function cachedOf(name: string, entries: readonly CacheEntry[]): Cached {
  const own = entries.filter(({ image }) => image === name)
  // The cache lists each entry after what it was made from.
  const last = own.at(-1)
  return {
    image: own.find(({ kind }) => kind === 'image'),
    // Verdicts are of no image.
    stage: last && last.kind !== 'verdict' ? stages[last.kind] : undefined,
    templates: own.filter(({ kind }) => kind === 'template'),
  }
}

function forPrograms({ image, stage, templates }: Cached): object {
  const machines = templates.map((each) => each.machine)
  return { cached: stage, built: image?.made, bytes: image?.bytes, templates: machines }
}

function builtTable(names: readonly string[], cached: (name: string) => Cached): string {
  const rows = names.map((name) => {
    const { image, templates } = cached(name)
    return [
      name,
      image ? formatAge(image.made) : '-',
      image ? formatBytes(image.bytes) : '-',
      templates.map(describe).join('; ') || '-',
    ]
  })
  return table([head('IMAGE', 'BUILT', 'SIZE', 'TEMPLATES'), ...rows], [2])
}

function officialTable(catalog: readonly CatalogEntry[], cached: (name: string) => Cached): string {
  const rows = catalog.map((entry) => {
    const row = [
      entry.name,
      shortAliases(entry).join(', ') || '-',
      entry.builds[hostArchitecture()]?.build ?? '-',
      support(entry),
      cached(entry.name).stage ?? '-',
    ]
    return entry.status === 'eol' ? row.map((cell) => paint('dim', cell)) : row
  })
  return table([head('OFFICIAL IMAGE', 'ALSO', 'BUILD', 'SUPPORT', 'CACHED'), ...rows])
}

/** What can stand behind the colon instead of the version. */
function shortAliases({ name, aliases }: CatalogEntry): readonly string[] {
  const before = name.slice(0, name.indexOf(':') + 1)
  return aliases.filter((alias) => alias.startsWith(before)).map((alias) => alias.slice(before.length))
}

function support({ status, endOfLife }: CatalogEntry): string {
  if (status === 'eol') return endOfLife === undefined ? 'ended' : `ended ${endOfLife}`
  return status === 'supported' && endOfLife !== undefined ? `until ${endOfLife}` : status
}

function head(...titles: readonly string[]): readonly string[] {
  return titles.map((title) => paint('dim', title))
}

/** What tells a template from others of its image. */
export function describe({ machine }: CacheEntry): string {
  if (!machine) return ''
  const { accelerator, cpus, memoryMiB, diskGiB } = machine
  return `${accelerator}, ${cpus} CPU${cpus === 1 ? '' : 's'}, ${memoryMiB} MiB, disk ${diskGiB} GiB`
}
