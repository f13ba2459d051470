import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

import { expect } from '@playwright/test'

import { diskFormat } from '../../../../src/image/download/disk-format.ts'
import { someDisk } from '../../../fixtures/file-server.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'
import { test } from '../../test-in-folder.ts'

function withAt(offset: number, bytes: string): Buffer {
  const disk = Buffer.alloc(1024)
  disk.write(bytes, offset, 'latin1')
  return disk
}

function qcow2(version: number, { backing = 0n, features = 0n } = {}): Buffer {
  const disk = someDisk(4096)
  disk.writeUInt32BE(version, 4)
  disk.writeBigUInt64BE(backing, 8)
  disk.writeBigUInt64BE(features, 72)
  return disk
}

for (const [what, disk, format] of [
  ['qcow2', qcow2(3), 'qcow2'],
  ['an old qcow2, with anything where later ones have features', qcow2(2, { features: 4n }), 'qcow2'],
  ['zeros', Buffer.alloc(1024), 'raw'],
  ['a boot sector', withAt(510, '\x55\xaa'), 'raw'],
] as const) {
  test(`diskFormat() of ${what}`, async ({ folder }) => {
    await writeFile(join(folder, 'disk'), disk)
    expect(await diskFormat(join(folder, 'disk'), 'mine')).toBe(format)
  })
}

for (const [what, disk, says] of [
  ['a qcow2 over another file', qcow2(3, { backing: 104n }), 'backing file'],
  ['a qcow2 with its data elsewhere', qcow2(3, { features: 4n }), 'data is in another file'],
  ['gzip', gzipSync(Buffer.alloc(1024)), 'compressed with gzip'],
  ['xz', withAt(0, '\xfd7zXZ\0'), 'compressed with xz'],
  ['VMDK', withAt(0, 'KDMV'), 'a VMDK disk'],
  ['VDI', withAt(64, '\x7f\x10\xda\xbe'), 'a VDI disk'],
  ['a tar archive', withAt(257, 'ustar'), 'a tar archive'],
  ['a web page', withAt(0, '<!DOCTYPE html>'), 'a web page'],
  ['nothing', Buffer.alloc(0), 'no whole number of sectors'],
  ['half a sector', Buffer.alloc(700), 'no whole number of sectors'],
] as const) {
  test(`diskFormat() refuses ${what}`, async ({ folder }) => {
    await writeFile(join(folder, 'disk'), disk)
    await expect(diskFormat(join(folder, 'disk'), 'mine')).rejects.toMatchObject({
      code: 'ERR_FLEDGE_IMAGE_INVALID',
      message: expect.stringContaining(says),
      hint: expect.stringContaining('qemu-img convert'),
    })
  })
}

checkLeaks()
