import { expect, test } from '@playwright/test'

import { chordsFor } from '../../../src/machine/keyboard-layout.ts'
import { keyboardLayouts, keyRows, type LayoutName } from '../../../src/machine/keyboard-layouts.ts'
import { keyNames } from '../../../src/qemu/key-names.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

const names = Object.keys(keyboardLayouts) as LayoutName[]
const typed = (text: string, layout: LayoutName): string =>
  chordsFor(text, layout)
    .chords.map((chord) => chord.join('-'))
    .join(' ')

test('each layout types all of ASCII, and no two texts alike', () => {
  const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('')
  for (const name of names) {
    expect(chordsFor(`${ascii}\n\t`, name).missing, name).toEqual([])
    const each = Array.from(ascii, (character) => typed(character, name))
    expect(new Set(each).size, name).toBe(ascii.length)
  }
})

test('a layout has no more characters than its board has keys, and only keys that QEMU knows', () => {
  expect(keyRows.flat().filter((key) => !keyNames.includes(key))).toEqual([])
  expect(new Set(keyNames).size).toBe(keyNames.length)
  for (const name of names) {
    for (const level of ['plain', 'shift', 'altGr'] as const) {
      for (const [row, characters] of keyboardLayouts[name][level].entries()) {
        expect(Array.from(characters).length, `${name} ${level} ${row}`).toBeLessThanOrEqual(
          keyRows[row]?.length ?? 0,
        )
      }
    }
  }
})

test('the same letter is another key on another board', () => {
  expect(typed('yZ', 'us')).toBe('y shift-z')
  expect(typed('yZ', 'de')).toBe('z shift-y')
  expect(typed('a1', 'fr')).toBe('q shift-1')
  expect(typed('@', 'us')).toBe('shift-2')
  expect(typed('@', 'gb')).toBe('shift-apostrophe')
  expect(typed('@', 'de')).toBe('alt_r-q')
  expect(typed('@', 'fr')).toBe('alt_r-0')
})

test('accents are typed by dead keys, however the character is written', () => {
  expect(typed('é', 'de')).toBe('equal e')
  expect(typed('e\u0301', 'de')).toBe('equal e')
  expect(typed('È', 'de')).toBe('shift-equal shift-e')
  expect(typed('^', 'de')).toBe('grave_accent spc')
  expect(typed('ö', 'de')).toBe('semicolon')
  expect(typed('ëÊ', 'fr')).toBe('shift-bracket_left e bracket_left shift-e')
})

test('what a layout lacks is named, each once', () => {
  expect(chordsFor('5 € à 10 €', 'us').missing).toEqual(['€', 'à'])
  expect(chordsFor('5 € à 10 €', 'fr').missing).toEqual([])
  expect(chordsFor('\u0007', 'us').missing).toEqual(['\u0007'])
  expect(chordsFor('ễ', 'fr').missing).toEqual(['ễ'])
})

checkLeaks()
