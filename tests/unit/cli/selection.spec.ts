import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { readTestArguments } from '../../../src/cli/test-arguments.ts'
import { selected, selectionAmong } from '../../../src/cli/watch/selection.ts'

test('selectionAmong() takes a saved test for itself, and any other file for all', () => {
  const select = selectionAmong([])
  expect(select('/p/a.spec.ts')).toEqual(['/p/a.spec.ts'])
  expect(select('/p/a.test.mjs')).toEqual(['/p/a.test.mjs'])
  expect(select('/p/spec.ts')).toBe('all')
  expect(select('/p/pages/login.ts')).toBe('all')
})

test('selectionAmong() leaves out tests that the command line does not mean', () => {
  const { patterns, passed } = readTestArguments(['-g', 'import', 'package.json:3', 'import'])
  expect(passed).toEqual(['-g', 'import', ...patterns])
  const select = selectionAmong(patterns)
  expect(select('/p/import.spec.ts')).toBe('all')
  expect(select('/p/other.spec.ts')).toBeUndefined()
  expect(select('/p/other.ts')).toBe('all')
})

test('selected() chooses files by expressions that match nothing else', () => {
  expect(selected('all')).toEqual([])
  expect(selected('failed')).toEqual(['--last-failed'])
  expect(selected(['/p (1)/a.spec.ts'])).toEqual([String.raw`^/p \(1\)/a\.spec\.ts$`])
})

checkLeaks()
