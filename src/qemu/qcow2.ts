import { open, stat } from 'node:fs/promises'

import { EnvironmentError } from '../errors.ts'
import { readWhole } from '../util/whole-io.ts'

const clusterBits = 16
const clusterSize = 2 ** clusterBits
const bytesOfL2Table = (clusterSize / 8) * clusterSize

/**
 * An empty qcow2 disk (version 3), whole: a header, a reference count table and block, and an L1 table.
 *
 * It names no backing file: QEMU is told of that on its command line, so that a cache can be moved.
 * Source: https://github.com/qemu/qemu/blob/master/docs/interop/qcow2.txt.
 *
 * @param virtualSize bytes of the disk, a multiple of 512, at most 4 TiB
 */
export function emptyQcow2(virtualSize: number): Buffer {
  const l1Entries = Math.ceil(virtualSize / bytesOfL2Table)
  if (virtualSize % 512 !== 0 || l1Entries > clusterSize / 8) {
    throw new RangeError(
      `Cannot make a disk of ${virtualSize} bytes: it must be a multiple of 512, at most 4 TiB`,
    )
  }
  const image = Buffer.alloc(4 * clusterSize)
  image.write('QFI\xfb', 'latin1')
  image.writeUInt32BE(3, 4)
  image.writeUInt32BE(clusterBits, 20)
  image.writeBigUInt64BE(BigInt(virtualSize), 24)
  image.writeUInt32BE(l1Entries, 36)
  image.writeBigUInt64BE(BigInt(3 * clusterSize), 40)
  image.writeBigUInt64BE(BigInt(clusterSize), 48)
  image.writeUInt32BE(1, 56)
  // Reference counts of 16 bits (2^4), and a header of 104 bytes.
  image.writeUInt32BE(4, 96)
  image.writeUInt32BE(104, 100)
  image.writeBigUInt64BE(BigInt(2 * clusterSize), clusterSize)
  for (let cluster = 0; cluster < 4; cluster++) image.writeUInt16BE(1, 2 * clusterSize + 2 * cluster)
  return image
}

/**
 * Reads how large the disk in a file is.
 *
 * @throws EnvironmentError `ERR_FLEDGE_IMAGE_INVALID` when it is not of the format
 */
export async function virtualSize(path: string, format: 'raw' | 'qcow2'): Promise<number> {
  if (format === 'raw') return (await stat(path)).size
  await using file = await open(path)
  const header = Buffer.alloc(32)
  const { size } = await file.stat()
  if (size >= header.length) await readWhole(file, header, 0)
  if (header.toString('latin1', 0, 4) !== 'QFI\xfb') {
    throw new EnvironmentError('ERR_FLEDGE_IMAGE_INVALID', `Cannot use "${path}": it is not a qcow2 disk`, {
      hint: 'Check the format with "qemu-img info"',
    })
  }
  return Number(header.readBigUInt64BE(24))
}
