import { open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'

import { lengths, signatures, type ZipEntry } from './zip-entry.ts'

/** A file to put into an archive as it is. */
export function storedEntry(name: string, content: string | Uint8Array): ZipEntry {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  return { name, method: 0, crc: crc32(bytes), size: bytes.length, packed: () => Promise.resolve(bytes) }
}

/** The first day that an archive can tell of: the same files make the same archive. */
const date = (1 << 5) | 1
const utf8 = 0x0800
const version = 20

/** Writes a zip archive; entries of another are copied as they stand there. */
export async function writeZip(path: string, entries: Iterable<ZipEntry>): Promise<void> {
  await using file = await open(path, 'w')
  const directory: Buffer[] = []
  let at = 0
  const append = async (...parts: readonly Uint8Array[]): Promise<void> => {
    for (const part of parts) {
      await file.writeFile(part)
      at += part.length
    }
    if (at > 0xffff_ffff) throw new Error('a zip archive of more than 4 GiB cannot be written')
  }
  for (const { name: text, method, crc, size, packed } of entries) {
    const [name, bytes, start] = [Buffer.from(text), await packed(), at]
    const common = Buffer.alloc(26)
    common.writeUInt16LE(version, 0)
    common.writeUInt16LE(utf8, 2)
    common.writeUInt16LE(method, 4)
    common.writeUInt16LE(date, 8)
    common.writeUInt32LE(crc, 10)
    common.writeUInt32LE(bytes.length, 14)
    common.writeUInt32LE(size, 18)
    common.writeUInt16LE(name.length, 22)
    await append(number(signatures.file), common, name, bytes)
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(start, 10)
    const made = Buffer.alloc(2)
    made.writeUInt16LE(version)
    directory.push(Buffer.concat([number(signatures.directory), made, common, rest, name]))
  }
  const from = at
  await append(...directory)
  const end = Buffer.alloc(lengths.end)
  end.writeUInt32LE(signatures.end, 0)
  end.writeUInt16LE(directory.length, 8)
  end.writeUInt16LE(directory.length, 10)
  end.writeUInt32LE(at - from, 12)
  end.writeUInt32LE(from, 16)
  await append(end)
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
