import { expect, test } from '@playwright/test'
import {
  array,
  assert,
  constantFrom,
  property,
  record,
  shuffledSubarray,
  string,
  uniqueArray,
} from 'fast-check'

import {
  changesOf,
  type Part,
  partKinds,
  type PartKind,
  shownPart,
  variablePart,
  verdictKey,
} from '../../../../src/sandbox/verdict/part.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'

const kinds = Object.keys(partKinds) as [PartKind, ...PartKind[]]
const part = record({ kind: constantFrom(...kinds), name: string(), digest: string() })
const parts = uniqueArray(part, { selector: ({ kind, name }) => JSON.stringify([kind, name]), minLength: 1 })

test('the order of its parts is not in a key, and neither is what is shown of them', () => {
  assert(
    property(
      parts.chain((all) =>
        record({
          all: array(part, { maxLength: 0 }).map(() => all),
          mixed: shuffledSubarray(all, { minLength: all.length }),
        }),
      ),
      ({ all, mixed }) => {
        const shown = mixed.map((each) => ({ ...each, shown: 'x' }))
        expect(verdictKey('a.spec.ts', shown)).toBe(verdictKey('a.spec.ts', all))
        expect(changesOf(all, shown)).toEqual([])
      },
    ),
  )
})

test('whatever is changed, added or removed makes another key, and is told', () => {
  assert(
    property(parts, string({ minLength: 1 }), (all, more) => {
      const key = verdictKey('a.spec.ts', all)
      const [first, ...rest] = all
      if (!first) return
      const { kind, name } = first
      const changed = [{ ...first, digest: first.digest + more }, ...rest]
      expect(verdictKey('a.spec.ts', changed)).not.toBe(key)
      expect(changesOf(all, changed)).toMatchObject([{ kind, name, how: 'changed' }])
      expect(verdictKey('a.spec.ts', rest)).not.toBe(key)
      expect(changesOf(all, rest)).toMatchObject([{ kind, name, how: 'removed' }])
      expect(changesOf(rest, all)).toMatchObject([{ kind, name, how: 'added' }])
      expect(verdictKey(`a.spec.ts${more}`, all)).not.toBe(key)
    }),
  )
})

test('a name that looks like two parts is not taken for them', () => {
  const one: Part = { kind: 'input', name: 'a","x"],["input","b', digest: 'x' }
  const two: readonly Part[] = [
    { kind: 'input', name: 'a', digest: 'x' },
    { kind: 'input', name: 'b', digest: 'x' },
  ]
  expect(verdictKey('a', [one])).not.toBe(verdictKey('a', two))
})

test('what can be seen of a part is told as it was and as it is', () => {
  const [before, now] = [shownPart('tool', 'Node', 'v20.20.1'), shownPart('tool', 'Node', 'v20.20.2')]
  expect(changesOf([before], [now])).toEqual([
    { kind: 'tool', name: 'Node', how: 'changed', before: 'v20.20.1', now: 'v20.20.2' },
  ])
})

test('a variable is not shown, differs from one that is unset, and with a key cannot be tried out', () => {
  const [set, unset, empty] = [
    variablePart('A', '1', undefined),
    variablePart('A', undefined, undefined),
    variablePart('A', '', undefined),
  ]
  expect(new Set([set.digest, unset.digest, empty.digest]).size).toBe(3)
  expect(set).not.toHaveProperty('shown')
  expect(JSON.stringify(variablePart('A', 'secret', undefined))).not.toContain('secret')
  expect(variablePart('A', '1', 'some key').digest).not.toBe(set.digest)
  expect(variablePart('A', '1', 'some key')).toEqual(variablePart('A', '1', 'some key'))
})

checkLeaks()
