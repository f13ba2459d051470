import { expect, test } from '@playwright/test'
import * as fc from 'fast-check'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { FledgeError } from '../../../src/errors.ts'
import { visible, visibleButStyles, visibleLine, visibleLog } from '../../../src/util/visible.ts'

/** Texts of all that there is, with much of what steers terminals. */
const texts = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\u001B[2J',
        '\u001B]0;x\u0007',
        '\u009B1m',
        '\u001B[31m',
        '\u202E',
        '\r\n',
        '\uD800',
        '\\x1b',
        '\u001B[',
        '39m',
      ),
    ),
  )
  .map((parts) => parts.join(''))

const steering = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/u

test('visible() leaves letters, lines and tabs, and writes out the rest as JavaScript does', () => {
  expect(visible('a\tb\nä€😀 שלום 👩‍🚀')).toBe('a\tb\nä€😀 שלום 👩‍🚀')
  expect(visible('\0\u007F\r\u0085\u009B31m\u001B[2J\u001B]0;x\u0007')).toBe(
    String.raw`\x00\x7f\r\x85\x9b31m\x1b[2J\x1b]0;x\x07`,
  )
  expect(visible('user\u202Etxt.exe\u2066\u200F\u061C\u2028\uD83D')).toBe(
    String.raw`user\u202etxt.exe\u2066\u200f\u061c\u2028\ud83d`,
  )
  expect(visibleLine('a\tb\nc')).toBe(String.raw`a\tb\nc`)
})

test('nothing that steers a terminal is left of any text', () => {
  fc.assert(
    fc.property(texts, (text) => {
      expect(visible(text).replaceAll(/[\n\t]/g, '')).not.toMatch(steering)
      expect(visibleLine(text)).not.toMatch(steering)
      expect(visibleLog(text).replaceAll(/[\n\t]/g, '')).not.toMatch(steering)
      expect(visibleButStyles(text).replaceAll(/\p{Cc}\[\d{1,2}m|[\n\t]/gu, '')).not.toMatch(steering)
    }),
  )
})

test('what is visible stays as it is', () => {
  fc.assert(
    fc.property(texts, (text) => {
      for (const each of [visible, visibleLine, visibleLog, visibleButStyles])
        expect(each(each(text))).toBe(each(text))
    }),
  )
})

test('a text without what steers a terminal is not changed', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(visible(text)).toBe(text)
      expect(visibleButStyles(text)).toBe(text)
    }),
  )
})

test('visibleButStyles() leaves colours that hide nothing, and ends them', () => {
  const diff = 'Expected: \u001B[32m"a"\u001B[39m\n\u001B[2mat\u001B[22m x'
  expect(visibleButStyles(diff)).toBe(diff)
  expect(visibleButStyles('\u001B[31mred')).toBe('\u001B[31mred\u001B[0m')
  // Concealed, black, backgrounds, and what is made of several.
  expect(visibleButStyles('\u001B[8m\u001B[30m\u001B[40m\u001B[1;31m\u001B[38;5;0m\u001B[m')).toBe(
    String.raw`\x1b[8m\x1b[30m\x1b[40m\x1b[1;31m\x1b[38;5;0m\x1b[m`,
  )
})

test('visibleLog() reads as a log: without colours, and with ends of lines as files have them', () => {
  expect(visibleLog('[\u001B[0;32m  OK  \u001B[0m] Started\r\r\n50 %\r100 %\r\n\u001Bc\u001B[?25l')).toBe(
    '[  OK  ] Started\n50 %\\r100 %\n' + String.raw`\x1bc\x1b[?25l`,
  )
})

test('the message of an error has nothing that a terminal obeys; its data is as it was', () => {
  const tail = '\u001B[2J\u0007'
  const error = new FledgeError('ERR_FLEDGE_BOOT', `It said "${tail}"`, { consoleTail: tail, lastSeen: tail })
  expect(error.message).toBe(String.raw`It said "\x1b[2J\x07"`)
  expect(error.stack).not.toMatch(/[^\n\P{Cc}]/u)
  expect(error).toMatchObject({ consoleTail: tail, lastSeen: tail })
})

checkLeaks()
