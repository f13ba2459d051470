import type * as v from 'valibot'

import { brokenFiles, changedFiles, recordFiles, type FileRecords } from './file-record.ts'
import { isManifestLost, readManifestFile, writeManifestFile } from './manifest-file.ts'
import { notice } from './notice.ts'

/**
 * Opens a folder of the cache: reads its manifest, and checks that the files which that records look as they did when
 * they were written. Where one does not (the cache was copied, or tampered with) all of it is read.
 *
 * @param what it is, for messages: `template`
 * @returns its manifest; `undefined` when there is none, or nothing that can be used, which is said
 */
export async function openRecorded<T extends { readonly files: FileRecords }>(
  what: string,
  folder: string,
  schema: v.GenericSchema<unknown, T>,
): Promise<T | undefined> {
  const manifest = await readManifestFile(folder, schema)
  if (!manifest) {
    if (await isManifestLost(folder, schema)) sayDamaged(what, folder, ['manifest.json'])
    return undefined
  }
  const { files } = manifest
  const changed = await changedFiles(folder, files)
  if (changed.length === 0) return manifest
  const suspects = Object.fromEntries(Object.entries(files).filter(([path]) => changed.includes(path)))
  const broken = await brokenFiles(folder, suspects)
  if (broken.length > 0) {
    sayDamaged(what, folder, broken)
    return undefined
  }
  const renewed = { ...manifest, files: { ...files, ...(await recordFiles(folder, changed)) } }
  await writeManifestFile(folder, renewed).catch((error: unknown) =>
    notice(
      `The ${what} "${folder}" was copied or touched, and is read whole at every launch: ${String(error)}`,
      'Let one launch write to it: it notes the times of the copy',
    ),
  )
  return renewed
}

function sayDamaged(what: string, folder: string, files: readonly string[]): void {
  notice(`The ${what} "${folder}" was damaged (${files.join(', ')}); it is made again`)
}
