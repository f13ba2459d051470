import { createReadStream } from 'node:fs'
import { type FileHandle, link, open, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'

import { MisuseError } from '../../errors.ts'
import { dataRuns } from '../../util/data-pages.ts'
import { hasCode } from '../../util/has-code.ts'
import { runTool, ToolError } from '../../util/run-tool.ts'
import { writeWhole } from '../../util/whole-io.ts'
import type { CatalogBuild } from '../catalog/catalog-entry.ts'

/** How a file is packed. */
export type Compression = NonNullable<CatalogBuild['compression']>

const unpackers: Readonly<
  Record<Compression, (from: string, to: string, signal: AbortSignal) => Promise<void>>
> = {
  gz: gunzip,
  xz: unxz,
  zst: async (from, to, signal) => {
    // It asks for as much memory as who packed the file has chosen, which it allows by default up to 128 MiB only.
    await runTool('zstd', ['--decompress', '--quiet', '--sparse', '--long=31', '-o', to, '--', from], {
      signal,
    })
  },
}

/**
 * Unpacks a file to a new one, whose pages of zeros are holes. The packed one stays as it is.
 *
 * @throws EnvironmentError `ERR_FLEDGE_TOOL_MISSING`; MisuseError `ERR_FLEDGE_IMAGE_INVALID` when it is not packed so, or damaged
 */
export async function unpack(
  compression: Compression,
  from: string,
  to: string,
  { name, signal }: { name: string; signal: AbortSignal },
): Promise<void> {
  try {
    await unpackers[compression](from, to, signal)
  } catch (error) {
    signal.throwIfAborted()
    const isFull = error instanceof ToolError && /No space left|quota exceeded/i.test(error.stderr)
    const isDamaged = (error instanceof ToolError && !isFull) || isOfZlib(error)
    if (!isDamaged) throw error
    throw new MisuseError(
      'ERR_FLEDGE_IMAGE_INVALID',
      `Cannot unpack "${name}": it is no whole ${compression} file`,
      {
        cause: error,
        hint: 'Its digest is what was pinned, if there is one: whoever packed it has to do it again',
      },
    )
  }
}

async function gunzip(from: string, to: string, signal: AbortSignal): Promise<void> {
  await using file = await open(to, 'wx')
  const highWaterMark = 2 ** 20
  await pipeline(
    createReadStream(from, { highWaterMark }),
    createGunzip({ chunkSize: highWaterMark }),
    (chunks: AsyncIterable<Buffer>) => writeSparse(file, chunks),
    { signal },
  )
}

/** Leaves holes where there are pages of zeros. */
async function writeSparse(file: FileHandle, chunks: AsyncIterable<Buffer>): Promise<void> {
  let end = 0
  for await (const chunk of chunks) {
    for (const { offset, length } of dataRuns(chunk)) {
      await writeWhole(file, chunk.subarray(offset, offset + length), end + offset)
    }
    end += chunk.length
  }
  await file.truncate(end)
}

/** It takes no name for what it writes, and leaves holes only where it writes to a name. */
async function unxz(from: string, to: string, signal: AbortSignal): Promise<void> {
  const packed = `${to}.xz`
  await link(from, packed)
  try {
    // Forced, as the file has two names now.
    await runTool('xz', ['--decompress', '--keep', '--force', '--quiet', '--threads=0', '--', packed], {
      signal,
    })
  } finally {
    await rm(packed, { force: true })
  }
}

function isOfZlib(error: unknown): boolean {
  return ['Z_DATA_ERROR', 'Z_BUF_ERROR'].some((code) => hasCode(error, code))
}
