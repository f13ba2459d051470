import { ensureImage, listCache, resolveImage } from '../index.ts'
import { formatBytes } from './format-bytes.ts'
import { formatAge } from './format-duration.ts'
import { print } from './print.ts'

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
