import type { Change, PartKind } from './part.ts'
import type { ChangedLaunch } from './recall-verdicts.ts'

/** What a change is of, as a person says it. */
const nouns: Readonly<Record<PartKind, (name: string) => string>> = {
  input: (name) => name,
  configuration: (name) => `${name} (configuration)`,
  shared: (name) => `${name} (all tests depend on it)`,
  declared: (name) => `${name} (declared as an input)`,
  variable: (name) => `the variable ${name}`,
  option: (name) => name,
  tests: () => 'the number of tests, or which they are',
  tool: (name) => name,
}

const words = { changed: 'changed', added: 'new', removed: 'gone' } as const

/** A line that says how a part of a verdict is not as it was. */
export function explainChange({ kind, name, how, before, now }: Change): string {
  const values =
    how === 'changed' && before !== undefined && now !== undefined && before !== now
      ? `: ${before} → ${now}`
      : how !== 'changed' && (before ?? now)
        ? `: ${before ?? now}`
        : ''
  return `${words[how]}  ${nouns[kind](name)}${values}`
}

/** A line that says why a machine would not be what it was. */
export function explainLaunch({ image, sources }: ChangedLaunch): string {
  return sources.length === 0
    ? `changed  the machine of ${image}: its image, its devices, QEMU or the host`
    : `changed  ${sources.join(', ')} (given to a machine of ${image})`
}
