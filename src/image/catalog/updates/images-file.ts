import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import * as v from 'valibot'

import { MisuseError } from '../../../errors.ts'
import { hasCode } from '../../../util/has-code.ts'
import { replaceFile } from '../../../util/replace-file.ts'
import type { Architecture, CatalogBuild } from '../catalog-entry.ts'

/** The file of a project that has the builds of official images that it uses. */
const fileName = 'fledge.images.json'

/** Builds by image and architecture. */
export type PinnedBuilds = Readonly<Record<string, Readonly<Partial<Record<Architecture, CatalogBuild>>>>>

/** What else a build has is kept as it is. */
const build = v.looseObject({
  url: v.string(),
  mirrors: v.optional(v.array(v.string()), []),
  build: v.string(),
  format: v.picklist(['qcow2', 'raw']),
  compression: v.exactOptional(v.picklist(['gz', 'xz', 'zst'])),
  sha256: v.exactOptional(v.string()),
  sha512: v.exactOptional(v.string()),
  bytes: v.exactOptional(v.number()),
})

const imagesFile = v.strictObject({
  version: v.literal(1),
  images: v.record(
    v.string(),
    v.strictObject({ x86_64: v.exactOptional(build), aarch64: v.exactOptional(build) }),
  ),
})

/**
 * Reads the builds that a project has pinned; none where it has no such file.
 *
 * @throws MisuseError `ERR_FLEDGE_IMAGE_INVALID` when the file is not of its format
 */
export async function readImagesFile(folder: string): Promise<PinnedBuilds> {
  const path = join(folder, fileName)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  })
  if (text === undefined) return {}
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), imagesFile), text)
  if (parsed.success) return parsed.output.images
  const [issue] = parsed.issues
  const place = v.getDotPath(issue)
  throw new MisuseError(
    'ERR_FLEDGE_IMAGE_INVALID',
    `Cannot use ${path}: ${place === null ? '' : `${place}: `}${issue.message}`,
    { hint: 'Mend it, or remove it and run "fledge images update"' },
  )
}

/** Writes the builds that a project pins, sorted, so that differences are small. */
export async function writeImagesFile(folder: string, images: PinnedBuilds): Promise<void> {
  const text = JSON.stringify({ version: 1, images: sorted(images) }, undefined, 2)
  await replaceFile(join(folder, fileName), `${text}\n`)
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  )
}
