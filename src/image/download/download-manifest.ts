import { join } from 'node:path'

import * as v from 'valibot'

import { type FileRecords, fileRecordsSchema } from '../../util/file-record.ts'
import { readManifestFile } from '../../util/manifest-file.ts'
import { openRecorded } from '../../util/open-recorded.ts'
import type { DiskFormat } from './disk-format.ts'

/** Raised when a download of before can no longer be used. */
export const downloadSchema = 1

/** What the cache notes of a downloaded disk. */
export interface DownloadManifest {
  readonly schema: number
  /** As it was asked for: `debian:13`, or an address. */
  readonly name: string
  /** Where it came from. */
  readonly url: string
  /** The digest of what was downloaded, as `sha256:0123…`. */
  readonly digest: string
  readonly format: DiskFormat
  readonly downloadedAt: string
  readonly files: FileRecords
}

const manifestSchema: v.GenericSchema<unknown, DownloadManifest> = v.object({
  schema: v.literal(downloadSchema),
  name: v.string(),
  url: v.string(),
  digest: v.string(),
  format: v.picklist(['qcow2', 'raw']),
  downloadedAt: v.string(),
  files: fileRecordsSchema,
})

/** A disk that was downloaded. Nothing may write to its file. */
export interface DownloadedImage extends Omit<DownloadManifest, 'schema' | 'files'> {
  readonly folder: string
  /** The path of the disk's file. */
  readonly disk: string
}

/** Reads what the cache notes of a download, without a look at its files. */
export async function readDownloadManifest(folder: string): Promise<DownloadManifest | undefined> {
  return readManifestFile(folder, manifestSchema)
}

/** Opens a downloaded disk in the cache, if it is there and as it was downloaded. */
export async function openDownload(folder: string): Promise<DownloadedImage | undefined> {
  const manifest = await openRecorded('downloaded image', folder, manifestSchema)
  if (!manifest) return undefined
  const { name, url, digest, format, downloadedAt } = manifest
  return { name, url, digest, format, downloadedAt, folder, disk: join(folder, diskName(format)) }
}

/** The name of a disk's file in its folder. */
export function diskName(format: DiskFormat): string {
  return `disk.${format}`
}
