import { open, type FileHandle } from 'node:fs/promises'
import { promisify } from 'node:util'
import { crc32, inflateRaw } from 'node:zlib'

import { readWhole } from '../../util/whole-io.ts'
import { lengths, signatures, type ZipEntry } from './zip-entry.ts'

/** No archive of ours is larger: that takes fields of 64 bits, which neither the runner's nor ours have. */
const mostBytes = 0xffff_ffff

const inflate = promisify(inflateRaw)

/**
 * Finds the files in a zip archive, as reporters write them: without encryption, of less than 4 GiB. Each is read when it is wanted.
 *
 * @throws Error when it is none
 */
export async function readZip(path: string): Promise<readonly ZipEntry[]> {
  await using file = await open(path)
  return await directoryOf(path, file, (await file.stat()).size)
}

/**
 * The content of a file in an archive.
 *
 * @throws Error when it is not what was put in
 */
export async function unpack({ name, method, crc, size, packed }: ZipEntry): Promise<Uint8Array> {
  const bytes = method === 0 ? await packed() : await inflate(await packed(), { maxOutputLength: size || 1 })
  if (bytes.length !== size || crc32(bytes) !== crc) throw new Error(`"${name}" in the archive is damaged`)
  return bytes
}

async function directoryOf(path: string, file: FileHandle, size: number): Promise<readonly ZipEntry[]> {
  if (size < lengths.end || size > mostBytes) throw new Error('it is not a zip archive')
  // A comment of up to 64 KiB may follow the end.
  const tail = await readAt(file, Math.max(0, size - lengths.end - 0xffff), size)
  let end = tail.length - lengths.end
  while (end >= 0 && tail.readUInt32LE(end) !== signatures.end) end -= 1
  if (end < 0) throw new Error('it is not a zip archive')
  const count = tail.readUInt16LE(end + 10)
  const from = tail.readUInt32LE(end + 16)
  const directory = await readAt(file, from, from + tail.readUInt32LE(end + 12))
  const entries: ZipEntry[] = []
  for (let at = 0, index = 0; index < count; index += 1) {
    if (directory.readUInt32LE(at) !== signatures.directory) throw new Error('its directory is damaged')
    const method = directory.readUInt16LE(at + 10)
    const name = directory.toString('utf8', at + lengths.directory, at + lengths.directory + length(28, at))
    if (method !== 0 && method !== 8) throw new Error(`"${name}" in it is packed in an unknown way`)
    const [packedSize, start] = [directory.readUInt32LE(at + 20), directory.readUInt32LE(at + 42)]
    entries.push({
      name,
      method,
      crc: directory.readUInt32LE(at + 16),
      size: directory.readUInt32LE(at + 24),
      packed: () => readPacked(path, start, packedSize),
    })
    at += lengths.directory + length(28, at) + length(30, at) + length(32, at)
  }
  return entries

  function length(field: number, at: number): number {
    return directory.readUInt16LE(at + field)
  }
}

/** The header before the bytes has the lengths of its own name and extra fields; its sizes may be missing. */
async function readPacked(path: string, start: number, size: number): Promise<Uint8Array> {
  await using file = await open(path)
  const header = await readAt(file, start, start + lengths.file)
  if (header.readUInt32LE(0) !== signatures.file) throw new Error('a file in the archive has no header')
  const from = start + lengths.file + header.readUInt16LE(26) + header.readUInt16LE(28)
  return await readAt(file, from, from + size)
}

async function readAt(file: FileHandle, from: number, to: number): Promise<Buffer> {
  // Lengths that are damaged may ask for anything.
  if (to > (await file.stat()).size) throw new Error('the archive is cut off')
  const bytes = Buffer.allocUnsafe(to - from)
  await readWhole(file, bytes, from)
  return bytes
}
