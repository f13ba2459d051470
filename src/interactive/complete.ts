import type { Globals } from './evaluator.ts'
import { verbs, type Verb } from './verbs.ts'

/** What can stand where a line of a prompt ends. */
export interface Completion {
  /** What is there of the word. */
  readonly typed: string
  /** Whole words; verbs and functions of the prompt before others. */
  readonly words: readonly string[]
  /** What is told of a word. */
  readonly about: (word: string) => Verb | undefined
}

/** Words of the language that one types at a prompt. */
const keywords = [
  'async',
  'await',
  'class',
  'const',
  'for',
  'function',
  'import',
  'let',
  'new',
  'return',
  'typeof',
]

/** Finds what can stand at the end of a line: names, or what something has whose parts are all there. Nothing is called for that. */
export function complete(
  line: string,
  globals: Globals,
  functions: Readonly<Record<string, Verb>>,
): Completion {
  const [, path = '', typed = ''] = /((?:[\w$]+(?:\?)?\.)*)([\w$]*)$/.exec(line) ?? []
  const names = path.split(/\??\./).slice(0, -1)
  const isMatch = (word: string): boolean => word.startsWith(typed)
  if (names.length === 0) {
    if (/\.\s*$/.test(line.slice(0, line.length - typed.length))) return nothing(typed)
    // What is there for all is not enumerable: it is found, but not listed.
    const listed = new Set([...Object.keys(functions), ...Object.keys(globals).toSorted()])
    const others = [...Object.getOwnPropertyNames(globals), ...Object.getOwnPropertyNames(globalThis)]
    const all = new Set([...listed, ...keywords, ...others.toSorted()])
    const words = typed === '' ? [...listed] : [...all].filter(isMatch)
    return { typed, words, about: (word) => functions[word] }
  }
  const object = valueOf(names, globals)
  if (object === undefined) return nothing(typed)
  const before = isMachine(object) ? '' : `${names.at(-1)}.`
  const table = verbs()
  const about = (word: string): Verb | undefined =>
    isMachine(object) || isMachine(valueOf(names.slice(0, -1), globals))
      ? table.get(`${before}${word}`)
      : undefined
  const words = propertiesOf(object).filter(
    (word) => isMatch(word) && (typed !== '' || !word.startsWith('_')),
  )
  return { typed, words: words.toSorted((a, b) => Number(!about(a)) - Number(!about(b))), about }
}

function nothing(typed: string): Completion {
  return { typed, words: [], about: () => undefined }
}

/** Follows names, through values only: a getter may do anything. */
function valueOf([first, ...rest]: readonly string[], globals: Globals): unknown {
  if (first === undefined) return undefined
  let value: unknown = Object.hasOwn(globals, first) ? globals[first] : dataIn(globalThis, first)
  for (const name of rest) value = dataIn(value, name)
  return value
}

function dataIn(object: unknown, name: string): unknown {
  for (const each of chain(object)) {
    const descriptor = Object.getOwnPropertyDescriptor(each, name)
    if (descriptor) return descriptor.value as unknown
  }
  return undefined
}

function propertiesOf(value: unknown): readonly string[] {
  const names = chain(value).flatMap((each) =>
    each === Object.prototype && value !== each ? [] : Object.getOwnPropertyNames(each).toSorted(),
  )
  return [...new Set(names)].filter((name) => name !== 'constructor' && /^[A-Za-z_$][\w$]*$/.test(name))
}

/** A value, as an object, and its prototypes. */
function chain(value: unknown): readonly object[] {
  if (value === undefined || value === null) return []
  const objects: object[] = []
  for (
    let each: object | null = Object(value) as object;
    each;
    each = Object.getPrototypeOf(each) as object | null
  )
    objects.push(each)
  return objects
}

function isMachine(value: unknown): boolean {
  return dataIn(value, 'succeed') !== undefined && dataIn(value, 'waitForUnit') !== undefined
}
