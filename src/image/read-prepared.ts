import type { FileRecords } from '../util/file-record.ts'
import { preparedCloudKey, readPreparedCloud, toPreparedCloud } from './cloud/prepared-manifest.ts'
import { readPreparedManifest, toPrepared } from './image-manifest.ts'
import type { PreparedImage } from './image.ts'

/** A prepared image, as its manifest tells of it. */
export interface ReadPrepared {
  readonly image: PreparedImage
  /** What the image was made from is known by. */
  readonly imageKey: string
  /** Its own files, and those that it rests on, by their paths from its folder. */
  readonly files: FileRecords
  /** Of a layer above a disk: that disk's file, and the key that this version would give the layer. */
  readonly layer?: { readonly origin: string; readonly wantedKey: string }
}

/** Reads the manifest of a prepared image of either kind, without a look at its files. */
export async function readPrepared(folder: string): Promise<ReadPrepared | undefined> {
  const copy = await readPreparedManifest(folder)
  if (copy) return { image: toPrepared(folder, copy), imageKey: copy.imageKey, files: copy.files }
  const layer = await readPreparedCloud(folder)
  if (!layer) return undefined
  const { imageKey, files, origin } = layer
  return {
    ...{ image: toPreparedCloud(folder, layer), imageKey, files },
    layer: { origin: origin.path, wantedKey: preparedCloudKey(layer) },
  }
}
