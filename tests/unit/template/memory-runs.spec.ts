import { expect, test } from '@playwright/test'
import * as fc from 'fast-check'

import { dataPages, dataRuns } from '../../../src/util/data-pages.ts'
import { parseExtents } from '../../../src/util/data-extents.ts'
import { blockSize } from '../../../src/template/side-memory.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

const pageSize = 4096

/** Memory in which some pages hold one byte that is not zero; its end may be a part of a page. */
const memory = fc
  .record({
    pages: fc.array(fc.option(fc.nat(pageSize - 1), { nil: undefined }), { maxLength: 12 }),
    end: fc.nat(pageSize - 1),
  })
  .map(({ pages, end }) => {
    const buffer = Buffer.alloc(pages.length * pageSize + end)
    for (const [index, at] of pages.entries()) if (at !== undefined) buffer[index * pageSize + at] = 7
    return buffer
  })

test('dataRuns() leaves out zeros, and nothing but whole pages of them', () => {
  fc.assert(
    fc.property(memory, (buffer) => {
      const copy = Buffer.alloc(buffer.length)
      const runs = dataRuns(buffer)
      for (const { offset, length } of runs) buffer.copy(copy, offset, offset, offset + length)
      expect(copy.equals(buffer)).toBe(true)
      for (const [index, { offset, length }] of runs.entries()) {
        const next = runs[index + 1]
        expect(offset % pageSize).toBe(0)
        expect(length).toBeGreaterThan(0)
        // Runs that touch are one.
        if (next) expect(next.offset).toBeGreaterThan(offset + length)
      }
    }),
  )
})

test('dataPages() gives every page that is not all zeros, once and in order', () => {
  fc.assert(
    fc.property(memory, (buffer) => {
      const wanted: number[] = []
      for (let at = 0; at < buffer.length; at += pageSize) {
        if (buffer.subarray(at, at + pageSize).some((byte) => byte !== 0)) wanted.push(at)
      }
      const pages = [...dataPages(buffer)]
      expect(pages.map(({ offset }) => offset)).toEqual(wanted)
      for (const { offset, bytes } of pages)
        expect(bytes.equals(buffer.subarray(offset, offset + pageSize))).toBe(true)
    }),
  )
})

test('parseExtents() reads any table of filefrag, and gives nothing beyond the end of the file', () => {
  const extents = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })), { maxLength: 8 })
    .map((pairs) => {
      let at = 0
      return pairs.map(([gap, length]) => {
        const first = at + gap
        at = first + length
        return { first, last: at - 1 }
      })
    })
  fc.assert(
    fc.property(extents, fc.nat(40 * pageSize), (rows, size) => {
      const table = rows
        .map(({ first, last }, index) => {
          const cells = [first, last, first + 3000, last + 3000].map((number) => String(number).padStart(9))
          return `${String(index).padStart(4)}:${cells[0]}..${cells[1]}:  ${cells[2]}..${cells[3]}:  ${last - first + 1}:  unwritten`
        })
        .join('\n')
      const found = parseExtents(
        `Filesystem type is: ef53\n ext: logical_offset:\n${table}\nx: 2 extents found`,
        size,
      )
      const wanted = rows
        .map(({ first, last }) => [first * pageSize, Math.min((last + 1) * pageSize, size)] as const)
        .filter(([from, to]) => to > from)
      expect(found.map(({ offset, length }) => [offset, offset + length])).toEqual(wanted)
    }),
  )
})

const ramBlocks = `              Block Name    PSize              Offset               Used              Total                HVA  RO
                     ram    4 KiB  0x0000000000000000 0x0000000040000000 0x0000000040000000 0x00007f9a40000000  rw
                pc.bios2    4 KiB  0x0000000050000000 0x0000000000000001 0x0000000000000001 0x00007f9a90000000  ro
                 pc.bios    4 KiB  0x0000000040080000 0x0000000000040000 0x0000000000080000 0x00007f9a80000000  ro
`

test('blockSize() reads the used size of a block from either form of the table', () => {
  expect(blockSize(ramBlocks, 'pc.bios')).toBe(0x40000)
  expect(
    blockSize(ramBlocks.replaceAll(/ 0x0000\w+ {2}r[ow]$/gm, '').replaceAll('\n', '\r\n'), 'pc.bios'),
  ).toBe(0x40000)
  expect(() => blockSize(ramBlocks, 'pc.rom')).toThrow('Cannot find in QEMU the memory block "pc.rom"')
  expect(() => blockSize('', 'pc.bios')).toThrow('Cannot find')
})

checkLeaks()
