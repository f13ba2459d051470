import type { Chord } from './keyboard-layout.ts'

/** A keyboard layout that fledge can type on. */
export type LayoutName = 'us' | 'gb' | 'de' | 'fr'

/** The keys with characters, row by row, by QEMU's names: places on the board, which every layout prints something else on. */
export const keyRows: readonly (readonly string[])[] = [
  'grave_accent 1 2 3 4 5 6 7 8 9 0 minus equal',
  'q w e r t y u i o p bracket_left bracket_right',
  'a s d f g h j k l semicolon apostrophe backslash',
  'less z x c v b n m comma dot slash',
].map((row) => row.split(' '))

/** What is printed on the keys of {@link keyRows}; a space is a key that is dead, or not needed here. */
export interface KeyboardLayout {
  readonly plain: readonly string[]
  readonly shift: readonly string[]
  readonly altGr: readonly string[]
  /** Keys that wait for a letter to put their accent on, by the combining character. */
  readonly dead?: Readonly<Record<string, Chord>>
  /** Characters that come of a dead key and a space. */
  readonly deadThenSpace?: Readonly<Record<string, string>>
}

const acute = '\u0301'
const grave = '\u0300'
const circumflex = '\u0302'
const diaeresis = '\u0308'

/** Keyboards by the names that X and the Linux console have for them. */
export const keyboardLayouts: Readonly<Record<LayoutName, KeyboardLayout>> = {
  us: {
    plain: ['`1234567890-=', 'qwertyuiop[]', "asdfghjkl;'\\", ' zxcvbnm,./'],
    shift: ['~!@#$%^&*()_+', 'QWERTYUIOP{}', 'ASDFGHJKL:"|', ' ZXCVBNM<>?'],
    altGr: [],
  },
  gb: {
    plain: ['`1234567890-=', 'qwertyuiop[]', "asdfghjkl;'#", String.raw`\zxcvbnm,./`],
    shift: ['¬!"£$%^&*()_+', 'QWERTYUIOP{}', 'ASDFGHJKL:@~', '|ZXCVBNM<>?'],
    altGr: ['    €'],
  },
  de: {
    plain: [' 1234567890ß ', 'qwertzuiopü+', 'asdfghjklöä#', '<yxcvbnm,.-'],
    shift: ['°!"§$%&/()=? ', 'QWERTZUIOPÜ*', "ASDFGHJKLÖÄ'", '>YXCVBNM;:_'],
    altGr: ['  ²³   {[]}\\ ', '@ €        ~', '', '|      µ'],
    dead: { [circumflex]: ['grave_accent'], [acute]: ['equal'], [grave]: ['shift', 'equal'] },
    deadThenSpace: { '^': circumflex, '`': grave },
  },
  fr: {
    plain: ['²&é"\'(-è_çà)=', 'azertyuiop $', 'qsdfghjklmù*', '<wxcvbn,;:!'],
    shift: [' 1234567890°+', 'AZERTYUIOP £', 'QSDFGHJKLM%µ', '>WXCVBN?./§'],
    altGr: ['  ~#{[|`\\^@]}', '  €'],
    dead: { [circumflex]: ['bracket_left'], [diaeresis]: ['shift', 'bracket_left'] },
  },
}
