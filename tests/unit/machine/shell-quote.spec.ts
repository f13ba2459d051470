import { execFileSync } from 'node:child_process'

import { expect, test } from '@playwright/test'
import * as fc from 'fast-check'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { shellLine, type ShellValue } from '../../../src/machine/shell-line.ts'
import { shellQuote } from '../../../src/util/shell-quote.ts'

/** The arguments that a shell makes of a line. */
function wordsOf(line: string): string[] {
  const script = `for word in ${line}; do printf '%s\\0' "$word"; done`
  return execFileSync('sh', ['-euc', script], { encoding: 'utf8' }).split('\0').slice(0, -1)
}

const hard = fc.constantFrom(
  "'",
  '"',
  '\\',
  '$',
  '`',
  '\n',
  ' ',
  '*',
  '~',
  '#',
  '!',
  '-',
  'a',
  'ü',
  '\u0001',
  '\r',
)
const word = fc
  .oneof(fc.string({ unit: hard }), fc.string({ unit: 'binary' }))
  .map((text) => text.replaceAll('\0', ''))

const line = (text: TemplateStringsArray, ...values: readonly ShellValue[]): string => shellLine(text, values)

test('shellQuote() makes one word of anything but a NUL', () => {
  const words = fc.array(word, { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(words, (texts) => {
      // In UTF-8 a lone surrogate is the replacement character.
      expect(wordsOf(texts.map(shellQuote).join(' '))).toEqual(
        texts.map((each) => Buffer.from(each).toString()),
      )
    }),
    { numRuns: 50 },
  )
})

test('shellQuote() makes one word of each character', () => {
  const all = Array.from({ length: 0x2ff }, (_, code) => String.fromCharCode(code + 1))
  expect(wordsOf(all.map(shellQuote).join(' '))).toEqual(all)
})

test('shellQuote() leaves plain words as they are', () => {
  for (const plain of ['a', '/usr/bin/env', '--key=value', 'a@b:c,d+e%f', '-1'])
    expect(shellQuote(plain)).toBe(plain)
  expect(shellQuote('')).toBe("''")
  expect(shellQuote("it's")).toBe(String.raw`'it'\''s'`)
})

test('shellLine() makes a word of each value, and as many of an array as it has', () => {
  fc.assert(
    fc.property(word, fc.array(word, { maxLength: 4 }), (one, many) => {
      expect(wordsOf(line`first ${one} ${many} ${1} last`)).toEqual(
        ['first', one, ...many, '1', 'last'].map((each) => Buffer.from(each).toString()),
      )
    }),
    { numRuns: 25 },
  )
})

test('shellLine() takes the text as it stands', () => {
  expect(line`printf 'a\n' | tr a ${'b c'} && [ ${-1} -lt ${10n} ] # ${true} ${[]}`).toBe(
    String.raw`printf 'a\n' | tr a 'b c' && [ -1 -lt 10 ] # true `,
  )
  expect(line`true`).toBe('true')
})

for (const value of [undefined, null, {}, Symbol('x'), ['a', undefined], [['a']], () => 'a']) {
  test(`shellLine() refuses ${typeof value} ${JSON.stringify(value)}, which is no word`, () => {
    expect(() => line`rm -r /tmp/${value as ShellValue}`).toThrow(
      expect.objectContaining({ code: 'ERR_FLEDGE_OPTION' }),
    )
  })
}

checkLeaks()
