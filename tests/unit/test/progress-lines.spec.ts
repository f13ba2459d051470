import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { ProgressLines } from '../../../src/test/tell-progress.ts'

const title = 'building debian:13-minimal'

test('ProgressLines.next() tells the start, each turn once, and the end', () => {
  const lines = new ProgressLines()
  const next = (
    state: 'start' | 'update' | 'end' | 'fail',
    seconds: number,
    detail = '',
  ): string | undefined => lines.next({ id: 1, state, title, detail, elapsedMs: seconds * 1_000 })
  expect(next('start', 0)).toBe('building debian:13-minimal …')
  expect(next('update', 0.1, 'reading package lists')).toBeUndefined()
  expect(next('update', 1, 'unpacking packages, 1')).toBe(
    'building debian:13-minimal: unpacking packages, 1 (1 s)',
  )
  expect(next('update', 2, 'unpacking packages, 2')).toBeUndefined()
  expect(next('update', 17, 'unpacking packages, 90')).toBe(
    'building debian:13-minimal: unpacking packages, 90 (17 s)',
  )
  expect(next('update', 18, 'writing the disk')).toBe('building debian:13-minimal: writing the disk (18 s)')
  expect(next('end', 20)).toBe('building debian:13-minimal: done after 20 s')
})

test('ProgressLines.next() keeps steps apart', () => {
  const lines = new ProgressLines()
  const detail = 'booting'
  expect(lines.next({ id: 1, state: 'update', title, detail, elapsedMs: 2_000 })).toBeDefined()
  expect(lines.next({ id: 2, state: 'update', title, detail, elapsedMs: 2_000 })).toBeDefined()
  expect(lines.next({ id: 1, state: 'update', title, detail, elapsedMs: 2_001 })).toBeUndefined()
})

checkLeaks()
