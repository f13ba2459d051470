import { stripVTControlCharacters } from 'node:util'

import { expect, test } from '@playwright/test'

import { explainChange, explainLaunch } from '../../../../src/sandbox/verdict/explain-change.ts'
import { cachedLines, summary } from '../../../../src/sandbox/verdict/tell-cached.ts'
import type { VerdictEntry } from '../../../../src/sandbox/verdict/verdict-entry.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'

const entry: VerdictEntry = {
  version: 1,
  key: '0',
  file: 'deep/a.spec.ts',
  made: '2026-11-29T14:00:00.000Z',
  parts: [],
  launches: [],
  evidence: { digest: '0', bytes: 0 },
  tests: [
    {
      id: '1',
      project: 'one',
      titles: ['deep/a.spec.ts', 'group', 'passes'],
      location: 'deep/a.spec.ts:3:1',
      status: 'passed',
      durationMs: 1234,
    },
    {
      id: '2',
      project: '',
      titles: ['deep/a.spec.ts', '\u001b[2Jskipped'],
      location: 'deep/a.spec.ts:4:1',
      status: 'skipped',
      durationMs: 0,
    },
    {
      id: '3',
      project: '',
      titles: ['deep/a.spec.ts', 'fails as it has to'],
      location: 'deep/a.spec.ts:5:1',
      status: 'failed',
      durationMs: 999.6,
    },
  ],
}

test('remembered tests are told as the reporter tells others', () => {
  expect(stripVTControlCharacters(cachedLines([entry], 'list', [{ name: '' }, { name: 'one' }])))
    .toBe(`  -  deep/a.spec.ts:4:1 › \\x1b[2Jskipped (cached)
  ✘  deep/a.spec.ts:5:1 › fails as it has to (1000ms, cached)
  ✓  [one] › deep/a.spec.ts:3:1 › group › passes (1.2s, cached)`)
  expect(stripVTControlCharacters(cachedLines([entry, entry], 'dot', []))).toBe('·°··°·')
  expect(cachedLines([entry], 'line', [])).toBe('')
})

test('the end of a run counts what is remembered with what ran', () => {
  expect(summary([entry], undefined)).toBe('  1 skipped (1 cached), 2 passed (2 cached)')
})

test('a change is told by what it is of, with its values where they may be seen', () => {
  expect(
    [
      { kind: 'input', name: 'lib/shared.ts', how: 'changed' },
      { kind: 'tool', name: 'QEMU', how: 'changed', before: '7.2.1', now: '7.2.22' },
      { kind: 'option', name: '--timeout', how: 'added', now: '5' },
      { kind: 'variable', name: 'TOKEN', how: 'removed' },
      { kind: 'tests', name: 'a.spec.ts', how: 'changed', before: '3', now: '3' },
    ].map((change) => explainChange(change as Parameters<typeof explainChange>[0])),
  ).toEqual([
    'changed  lib/shared.ts',
    'changed  QEMU: 7.2.1 → 7.2.22',
    'new  --timeout: 5',
    'gone  the variable TOKEN',
    'changed  the number of tests, or which they are',
  ])
  expect(explainLaunch({ image: 'debian:13', sources: ['dist'] })).toBe(
    'changed  dist (given to a machine of debian:13)',
  )
  expect(explainLaunch({ image: 'debian:13', sources: [] })).toContain(
    'changed  the machine of debian:13: its image',
  )
})

checkLeaks()
