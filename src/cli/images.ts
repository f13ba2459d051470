import { type CacheEntry, ensureImage, imageNames, listCache, resolveImage } from '../index.ts'
import { formatBytes } from './format-bytes.ts'
import { formatAge } from './format-duration.ts'
import { paint } from './paint.ts'
import { print, printJson } from './print.ts'
import { table } from './table.ts'

/** Lists the images that can be built, then those in the cache that have extra packages. */
export async function listImages({ json = false }: { json?: boolean }): Promise<void> {
  const entries = (await listCache()).filter(({ outdated }) => outdated === undefined)
  const others = entries.flatMap(({ image }) => (image === undefined ? [] : [image]))
  const names = [...new Set([...imageNames(), ...others])]
  const rows = names.map((name) => {
    const [image, , templates] = (['image', 'prepared', 'template'] as const).map((kind) =>
      entries.filter((entry) => entry.kind === kind && entry.image === name),
    )
    return { name, image: image?.[0], templates: templates ?? [] }
  })
  if (json) {
    printJson(
      rows.map(({ name, image, templates }) => ({
        name,
        built: image?.made,
        bytes: image?.bytes,
        templates: templates.map((each) => each.machine),
      })),
    )
    return
  }
  const head = ['IMAGE', 'BUILT', 'SIZE', 'TEMPLATES'].map((title) => paint('dim', title))
  const lines = rows.map(({ name, image, templates }) => [
    name,
    image ? formatAge(image.made) : '-',
    image ? formatBytes(image.bytes) : '-',
    templates.map(describe).join('; ') || '-',
  ])
  print(table([head, ...lines], [2]))
}

/** What tells a template from others of its image. */
export function describe({ machine }: CacheEntry): string {
  if (!machine) return ''
  const { accelerator, cpus, memoryMiB, diskGiB } = machine
  return `${accelerator}, ${cpus} CPU${cpus === 1 ? '' : 's'}, ${memoryMiB} MiB, disk ${diskGiB} GiB`
}

/** Builds an image, or finds it, and prints where it is. */
export async function buildImage(
  name: string,
  { include = [], refresh = false }: { include?: readonly string[]; refresh?: boolean },
  signal: AbortSignal,
): Promise<void> {
  const image = await ensureImage(resolveImage(name, { include }), { refresh, signal })
  const entry = (await listCache()).find(({ folder }) => folder === image.folder)
  print(
    `${image.name}: ${image.packages.length} packages, ${formatBytes(entry?.bytes ?? 0)}, ` +
      `built ${entry ? formatAge(entry.made) : 'just now'}\n${image.folder}`,
  )
}
