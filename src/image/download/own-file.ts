import { realpath, stat } from 'node:fs/promises'

import * as v from 'valibot'

import { MisuseError } from '../../errors.ts'
import { type FileRecord, fileRecordSchema, looksTheSame, recordFile } from '../../util/file-record.ts'
import { hasCode } from '../../util/has-code.ts'
import { step } from '../../util/progress.ts'
import { recall, remember, rememberedFile } from '../../util/remembered.ts'
import { type DiskFormat, diskFormat } from './disk-format.ts'

/** A disk of the user's own, which is used where it is, and never written to. */
export interface OwnFile {
  /** As it was given. */
  readonly name: string
  /** The path of the file itself, without links. */
  readonly disk: string
  readonly format: DiskFormat
  /** What is in it: it is another one when the file was changed. */
  readonly digest: string
  readonly record: FileRecord
}

/**
 * Looks at a disk of the user's own. The file is read whole once, and then again only when its size, times or inode change.
 *
 * @throws MisuseError `ERR_FLEDGE_IMAGE_NOT_FOUND` or `ERR_FLEDGE_IMAGE_INVALID`
 */
export async function openOwnFile(path: string, name: string = path): Promise<OwnFile> {
  try {
    const disk = await realpath(path)
    if (!(await stat(disk)).isFile()) throw invalid(name, 'it is not a file')
    const format = await diskFormat(disk, name)
    const record = await recordOf(disk, name)
    return { name, disk, format, digest: record.digest, record }
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) {
      throw new MisuseError(
        'ERR_FLEDGE_IMAGE_NOT_FOUND',
        `Cannot find the image "${name}": there is no such file`,
        {
          cause: error,
        },
      )
    }
    if (hasCode(error, 'EACCES')) throw invalid(name, 'it may not be read', error)
    throw error
  }
}

async function recordOf(disk: string, name: string): Promise<FileRecord> {
  const note = rememberedFile('own-file', disk)
  const known = await recall(note, v.pipe(v.unknown(), fileRecordSchema))
  if (known && (await looksTheSame(disk, known))) return known
  const record = await step(`reading ${name}`, () => recordFile(disk))
  // A cache that cannot be written costs only the time of the next run.
  await remember(note, record).catch(() => {})
  return record
}

function invalid(name: string, why: string, cause?: unknown): MisuseError {
  return new MisuseError('ERR_FLEDGE_IMAGE_INVALID', `Cannot use the image "${name}": ${why}`, { cause })
}
