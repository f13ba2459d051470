import { open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'

import { EnvironmentError, FledgeError, MisuseError } from '../errors.ts'
import type { DiskLayer } from '../qemu/disk-arguments.ts'
import { virtualSize } from '../qemu/qcow2.ts'
import { tryLockFile } from '../util/file-lock.ts'
import { hasCode } from '../util/has-code.ts'
import { runTool, ToolError } from '../util/run-tool.ts'
import { layersSource } from './disk-source.ts'
import { writeDisk } from './write-disk.ts'

/** A root disk that outlives its machine. */
export interface KeptDisk extends AsyncDisposable {
  readonly file: FileHandle
  /** Where its bytes are. */
  readonly folder: string
}

/** What a kept disk is made of. */
export interface KeptDiskSpec {
  readonly path: string
  /** The image's, from the lowest up. */
  readonly layers: readonly DiskLayer[]
  /** Bytes that it has at least. */
  readonly diskSize: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens a disk that is kept between the runs of machines, or makes it: a whole qcow2 file, which rests on no other. One machine has it at
 * a time, by a lock on an empty file beside it.
 *
 * @throws MisuseError `ERR_FLEDGE_KEPT_STATE` when another machine has it; EnvironmentError with the same code when it cannot be opened,
 * `ERR_FLEDGE_IMAGE_INVALID` when it is no qcow2 disk, `ERR_FLEDGE_TOOL_MISSING`; FledgeError `ERR_FLEDGE_ABORTED`
 */
export async function openKeptDisk({ path, layers, diskSize, signal }: KeptDiskSpec): Promise<KeptDisk> {
  const cannot = `Cannot keep the state of a machine in "${path}"`
  const bounded = signal === undefined ? {} : { signal }
  const lock = await tryLockFile(`${path}.lock`, bounded).catch((error: unknown) => {
    throw unusable(cannot, error, signal)
  })
  if (!lock) {
    throw new MisuseError('ERR_FLEDGE_KEPT_STATE', `${cannot}: another machine has it`, {
      hint: 'Stop that one first, or name another file',
    })
  }
  try {
    const file = await open(path, 'r+').catch(async (error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw error
      await writeDisk(layersSource(layers), path, signal)
      return open(path, 'r+')
    })
    try {
      if ((await virtualSize(path, 'qcow2')) < diskSize) {
        await runTool('qemu-img', ['resize', '-q', '-f', 'qcow2', '--', path, `${diskSize}`], bounded)
      }
    } catch (error) {
      await file.close()
      throw error
    }
    return {
      file,
      folder: dirname(path),
      async [Symbol.asyncDispose]() {
        await file.close()
        await lock[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await lock[Symbol.asyncDispose]()
    throw unusable(cannot, error, signal)
  }
}

/** Says of the errors of the system and of programs what could not be done. */
function unusable(cannot: string, error: unknown, signal: AbortSignal | undefined): FledgeError {
  if (error instanceof FledgeError) return error
  if (signal?.aborted) return new FledgeError('ERR_FLEDGE_ABORTED', `${cannot}: aborted`, { cause: error })
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const why =
    error instanceof ToolError ? error.stderr.trim() : cause instanceof Error ? cause.message : String(error)
  return new EnvironmentError('ERR_FLEDGE_KEPT_STATE', `${cannot}: ${why}`, {
    cause: error,
    hint: "It has to be a file that can be written, on a disk with space for all that is on the machine's",
  })
}
