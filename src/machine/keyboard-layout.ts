import { keyboardLayouts, keyRows, type KeyboardLayout, type LayoutName } from './keyboard-layouts.ts'

/** Keys that are held at the same time, in the order in which they go down. */
export type Chord = readonly string[]

/** Keys that mean the same everywhere. */
const common: readonly (readonly [string, Chord])[] = [
  [' ', ['spc']],
  ['\n', ['ret']],
  ['\t', ['tab']],
]

const levels = [
  ['plain', []],
  ['shift', ['shift']],
  ['altGr', ['alt_r']],
] as const

const known = new Map<LayoutName, ReadonlyMap<string, readonly Chord[]>>()

/** The chords that type each character of a text; a dead key is a chord of its own before its letter. */
export function chordsFor(
  text: string,
  layout: LayoutName,
): { readonly chords: readonly Chord[]; readonly missing: readonly string[] } {
  const characters = Array.from(text.normalize('NFC').replaceAll('\r\n', '\n'))
  const typed = characters.map((character) => chordsOf(character, layout))
  return {
    chords: typed.flatMap((chords) => chords ?? []),
    missing: [...new Set(characters.filter((_, index) => typed[index] === undefined))],
  }
}

function chordsOf(character: string, layout: LayoutName): readonly Chord[] | undefined {
  const keys = keysOf(layout)
  const direct = keys.get(character)
  if (direct) return direct
  const [letter = '', mark = '', ...others] = character.normalize('NFD')
  const dead = keyboardLayouts[layout].dead?.[mark]
  const base = keys.get(letter)
  return dead && base && others.length === 0 ? [dead, ...base] : undefined
}

function keysOf(name: LayoutName): ReadonlyMap<string, readonly Chord[]> {
  const before = known.get(name)
  if (before) return before
  const keys = new Map(keysFrom(keyboardLayouts[name]))
  known.set(name, keys)
  return keys
}

function keysFrom(layout: KeyboardLayout): readonly (readonly [string, readonly Chord[]])[] {
  const { dead = {}, deadThenSpace = {} } = layout
  const printed = levels.flatMap(([level, held]) =>
    layout[level].flatMap((row, rowIndex) =>
      Array.from(row).flatMap((character, index) => {
        const key = keyRows[rowIndex]?.[index]
        return character === ' ' || key === undefined ? [] : [[character, [[...held, key]]] as const]
      }),
    ),
  )
  // A character that has several keys is typed by the one with the fewest held: the first of them.
  return [
    ...common.map(([character, chord]) => [character, [chord]] as const),
    ...Object.entries(deadThenSpace).map(
      ([character, mark]) => [character, [dead[mark] ?? [], ['spc']]] as const,
    ),
    ...printed.toReversed(),
  ]
}
