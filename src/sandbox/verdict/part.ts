import { createHash, createHmac } from 'node:crypto'

import * as v from 'valibot'

/** What a verdict depends on: kinds of parts, each with what its names are. */
export const partKinds = {
  input: 'a file that the tests import or read, by its path',
  configuration: 'a configuration file, by its path',
  shared: 'a file that all tests depend on, as a lock file, by its path',
  declared: 'a file or folder that the project declares, by its path',
  variable: 'a variable of the environment',
  option: 'an option of the command line',
  tests: 'the tests of the file that are asked for',
  tool: 'a program, or what the host is',
} as const

/** What kind of part it is. */
export type PartKind = keyof typeof partKinds

/** One thing that the verdict of a test file depends on. */
export interface Part {
  readonly kind: PartKind
  readonly name: string
  /** Of its content or value. */
  readonly digest: string
  /** Its value, where that may be seen. */
  readonly shown?: string | undefined
}

export const partSchema: v.GenericSchema<unknown, Part> = v.object({
  kind: v.picklist(Object.keys(partKinds) as [PartKind, ...PartKind[]]),
  name: v.string(),
  digest: v.string(),
  shown: v.optional(v.string()),
})

/** Raised when a key means something else than before. */
const format = 1

/** The key of the verdict of one test file: a digest of all that is known of it before it runs. */
export function verdictKey(file: string, parts: readonly Part[]): string {
  const lines = parts.map(({ kind, name, digest }) => JSON.stringify([kind, name, digest])).toSorted()
  return createHash('sha256')
    .update(JSON.stringify(['fledge verdict', format, file, lines]))
    .digest('hex')
}

/** A part with a value that may be seen. */
export function shownPart(kind: PartKind, name: string, value: string): Part {
  return { kind, name, digest: digestOf(value), shown: value }
}

/** A variable. With a key, who has not got that cannot find out the value by trying, where others read the store. */
export function variablePart(name: string, value: string | undefined, key: string | undefined): Part {
  const text = value === undefined ? 'unset' : `=${value}`
  const hash = key === undefined ? createHash('sha256') : createHmac('sha256', key)
  return { kind: 'variable', name, digest: hash.update(text).digest('hex') }
}

/** The digest of a text. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** How a part is not what it was. */
export interface Change {
  readonly kind: PartKind
  readonly name: string
  readonly how: 'changed' | 'added' | 'removed'
  readonly before?: string | undefined
  readonly now?: string | undefined
}

/** What of the parts of a verdict is not as it was. */
export function changesOf(before: readonly Part[], now: readonly Part[]): readonly Change[] {
  const idOf = ({ kind, name }: Part): string => JSON.stringify([kind, name])
  const [old, current] = [before, now].map((parts) => new Map(parts.map((part) => [idOf(part), part])))
  const changes: Change[] = []
  for (const part of before) {
    const other = current?.get(idOf(part))
    const { kind, name } = part
    if (!other) changes.push({ kind, name, how: 'removed', before: part.shown })
    else if (other.digest !== part.digest) {
      changes.push({ kind, name, how: 'changed', before: part.shown, now: other.shown })
    }
  }
  const added = now.filter((part) => !old?.has(idOf(part)))
  return [
    ...changes,
    ...added.map(({ kind, name, shown }) => ({ kind, name, how: 'added' as const, now: shown })),
  ]
}
