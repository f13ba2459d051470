import { execFileSync, spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'
import * as fc from 'fast-check'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { emptyQcow2, virtualSize } from '../../../src/qemu/qcow2.ts'
import { test } from '../test-in-folder.ts'

const qemuImg = 'qemu-img'
const gibibyte = 2 ** 30

test('emptyQcow2() has the header that the format asks for', () => {
  const image = emptyQcow2(8 * gibibyte)
  expect(image).toHaveLength(4 * 65_536)
  expect(image.subarray(0, 4).toString('hex')).toBe('514649fb')
  const numbers = {
    version: image.readUInt32BE(4),
    backingName: image.readBigUInt64BE(8),
    clusterBits: image.readUInt32BE(20),
    size: image.readBigUInt64BE(24),
    encryption: image.readUInt32BE(32),
    l1Entries: image.readUInt32BE(36),
    l1Offset: image.readBigUInt64BE(40),
    refcountOffset: image.readBigUInt64BE(48),
    refcountClusters: image.readUInt32BE(56),
    snapshots: image.readUInt32BE(60),
    refcountOrder: image.readUInt32BE(96),
    headerLength: image.readUInt32BE(100),
  }
  expect(numbers).toEqual({
    version: 3,
    backingName: 0n,
    clusterBits: 16,
    size: BigInt(8 * gibibyte),
    encryption: 0,
    l1Entries: 16,
    l1Offset: 0x30000n,
    refcountOffset: 0x10000n,
    refcountClusters: 1,
    snapshots: 0,
    refcountOrder: 4,
    headerLength: 104,
  })
})

test('emptyQcow2() has room for every cluster of its disk in one L1 table', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 * 2 ** 30 }), (sectors) => {
      const entries = emptyQcow2(sectors * 512).readUInt32BE(36)
      expect(entries * 512 * 2 ** 20).toBeGreaterThanOrEqual(sectors * 512)
      expect((entries - 1) * 512 * 2 ** 20).toBeLessThan(sectors * 512)
      expect(entries * 8).toBeLessThanOrEqual(65_536)
    }),
    { numRuns: 30 },
  )
})

for (const size of [511, 513, 0.5, 4 * 1024 * gibibyte + 512, Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`emptyQcow2() refuses ${size} bytes`, () => {
    expect(() => emptyQcow2(size)).toThrow(RangeError)
    expect(() => emptyQcow2(size)).toThrow(`Cannot make a disk of ${size} bytes`)
  })
}

test('emptyQcow2() is a disk to QEMU', async ({ folder }) => {
  const version = spawnSync(qemuImg, ['--version'])
  test.skip(version.status !== 0, 'the program "qemu-img" is not installed')
  for (const size of [512, gibibyte + 512, 8 * gibibyte, 4096 * gibibyte]) {
    const path = join(folder, 'disk')
    await writeFile(path, emptyQcow2(size))
    execFileSync(qemuImg, ['check', '-q', '-f', 'qcow2', path])
    const info = execFileSync(qemuImg, ['info', '--output=json', '-f', 'qcow2', path], {
      encoding: 'utf8',
    })
    expect(JSON.parse(info)).toMatchObject({ format: 'qcow2', 'virtual-size': size })
  }
})

test('virtualSize() reads how large a disk is, of either format, and what is none', async ({ folder }) => {
  const path = join(folder, 'disk')
  await writeFile(path, emptyQcow2(3 * gibibyte))
  expect(await virtualSize(path, 'qcow2')).toBe(3 * gibibyte)
  expect(await virtualSize(path, 'raw')).toBe(4 * 65_536)
  for (const text of ['', 'QFI', 'x'.repeat(100)]) {
    await writeFile(path, text)
    await expect(virtualSize(path, 'qcow2')).rejects.toMatchObject({ code: 'ERR_FLEDGE_IMAGE_INVALID' })
  }
})

checkLeaks()
