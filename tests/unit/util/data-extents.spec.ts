import { expect, test } from '@playwright/test'
import * as fc from 'fast-check'

import { parseExtents } from '../../../src/util/data-extents.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

const table = `Filesystem type is: ef53
File size of memory is 40000 (10 blocks of 4096 bytes)
 ext:     logical_offset:        physical_offset: length:   expected: flags:
   0:        0..       1:      34816..     34817:      2:
   1:        5..       9:      35000..     35004:      5:      34818: last,eof
memory: 2 extents found
`

test('parseExtents() reads what has data, no further than the file', () => {
  expect(parseExtents(table, 40_000)).toEqual([
    { offset: 0, length: 8192 },
    { offset: 20_480, length: 19_520 },
  ])
  expect(parseExtents('memory: 0 extents found\n', 40_000)).toEqual([])
})

test('parseExtents() never leads out of the file, whatever the table says', () => {
  const number = fc.oneof(fc.nat(20).map(String), fc.bigInt().map(String), fc.constant('9'.repeat(400)))
  const row = fc
    .tuple(number, number)
    .map(([first, last]) => `   0:        ${first}..     ${last}:  9..  9:  9:`)
  fc.assert(
    fc.property(fc.array(fc.oneof(row, fc.string())), fc.nat(100_000), (rows, size) => {
      for (const { offset, length } of parseExtents(rows.join('\n'), size)) {
        expect(offset).toBeGreaterThanOrEqual(0)
        expect(length).toBeGreaterThan(0)
        expect(offset + length).toBeLessThanOrEqual(size)
      }
    }),
  )
})

checkLeaks()
