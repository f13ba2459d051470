import { open } from 'node:fs/promises'

import { MisuseError } from '../../errors.ts'

/** What a disk image's file may be. */
export type DiskFormat = 'qcow2' | 'raw'

/** What else people have: its name, where its first bytes are, and these. */
const others: readonly (readonly [name: string, offset: number, bytes: string])[] = [
  ['compressed with gzip', 0, '1f8b'],
  ['compressed with xz', 0, 'fd377a585a00'],
  ['compressed with zstd', 0, '28b52ffd'],
  ['compressed with bzip2', 0, '425a68'],
  ['a ZIP archive', 0, '504b0304'],
  ['a VMDK disk', 0, '4b444d56'],
  ['a VHDX disk', 0, '7668647866696c65'],
  ['a VDI disk', 64, '7f10dabe'],
  ['a tar archive', 257, '7573746172'],
  ['a web page', 0, Buffer.from('<!').toString('hex')],
  ['a web page', 0, Buffer.from('<html').toString('hex')],
]

/**
 * Tells by its first bytes what a disk image is, and refuses what cannot be one, and a qcow2 that rests on other files: it would
 * have the machine read whatever its maker names.
 *
 * @throws MisuseError `ERR_FLEDGE_IMAGE_INVALID`
 */
export async function diskFormat(path: string, name: string): Promise<DiskFormat> {
  const head = Buffer.alloc(512)
  await using file = await open(path)
  const { bytesRead } = await file.read(head, 0, head.length, 0)
  if (head.toString('latin1', 0, 4) === 'QFI\xfb') {
    requireAlone(head, name)
    return 'qcow2'
  }
  const other = others.find(([, offset, bytes]) => head.toString('hex', offset).startsWith(bytes))
  if (other) throw invalid(name, `it is ${other[0]}`)
  const { size } = await file.stat()
  // Every disk has whole sectors.
  if (bytesRead < head.length || size % head.length !== 0) {
    throw invalid(name, `it is neither qcow2 nor a raw disk: ${size} bytes are no whole number of sectors`)
  }
  return 'raw'
}

function requireAlone(head: Buffer, name: string): void {
  const hasBacking = head.readBigUInt64BE(8) !== 0n
  // Bit 2 of the incompatible features, which version 2 does not have.
  const hasData = head.readUInt32BE(4) >= 3 && (head.readBigUInt64BE(72) & 4n) !== 0n
  if (!hasBacking && !hasData) return
  throw invalid(name, hasBacking ? 'it rests on a backing file' : 'its data is in another file')
}

function invalid(name: string, why: string): MisuseError {
  return new MisuseError('ERR_FLEDGE_IMAGE_INVALID', `Cannot use "${name}" as a disk: ${why}`, {
    hint: 'A disk is one qcow2 or raw file; "qemu-img convert -O qcow2 FROM TO" makes one of most others',
  })
}
