import { expect, test } from '@playwright/test'
import { array, assert, property, uint8Array } from 'fast-check'

import { LeaveKeys } from '../../../src/interactive/leave-keys.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

/** What is sent of keys that come in pieces, and whether they end in leaving. */
function typed(...pieces: readonly string[]): { sent: string; left: boolean } {
  const keys = new LeaveKeys()
  const taken = pieces.map((piece) => keys.take(Buffer.from(piece)))
  return {
    sent: Buffer.concat(taken.map(({ send }) => send)).toString(),
    left: taken.some(({ left }) => left),
  }
}

test('"~." leaves at the begin of a line, and nowhere else', () => {
  expect(typed('~.')).toEqual({ sent: '', left: true })
  expect(typed('ls\r', '~', '.')).toEqual({ sent: 'ls\r', left: true })
  expect(typed('ls\n~.rest')).toEqual({ sent: 'ls\n', left: true })
  expect(typed('cd ~.', '\r')).toEqual({ sent: 'cd ~.\r', left: false })
  expect(typed('~', 'a~.')).toEqual({ sent: '~a~.', left: false })
})

test('"~~" sends one "~", and what follows another "~" is sent with it', () => {
  expect(typed('~~.')).toEqual({ sent: '~.', left: false })
  expect(typed('~/bin\r')).toEqual({ sent: '~/bin\r', left: false })
  expect(typed('~\r~.')).toEqual({ sent: '~\r', left: true })
  expect(typed('\r~')).toEqual({ sent: '\r', left: false })
})

test('keys without "~" are sent as they are, however they are cut', () => {
  const pieces = array(
    uint8Array({ maxLength: 8 }).map((bytes) => bytes.map((byte) => (byte === 0x7e ? 0 : byte))),
  )
  assert(
    property(pieces, (all) => {
      const keys = new LeaveKeys()
      const sent = all.map((piece) => keys.take(piece).send)
      expect(Buffer.concat(sent)).toEqual(Buffer.concat(all))
    }),
  )
})

checkLeaks()
