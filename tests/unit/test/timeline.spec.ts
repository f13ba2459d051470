import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import type { Evidence } from '../../../src/test/collect-evidence.ts'
import { Secrets } from '../../../src/test/secrets.ts'
import { timelinePage } from '../../../src/test/timeline-page.ts'
import { consoleLines, timelineData, timelineMachine } from '../../../src/test/timeline.ts'

test('consoleLines() gives each line the time of its first part', () => {
  const pieces = [
    { timeMs: 10, text: 'first li' },
    { timeMs: 20, text: 'ne\r\nsecond\n\nthi' },
    { timeMs: 30, text: 'rd\u001B[0m 10%\rthird 100%' },
  ]
  expect(consoleLines(pieces)).toEqual([
    [10, 'first line'],
    [20, 'second'],
    [20, 'third 100%'],
  ])
})

test('consoleLines() takes a console without any line ends in little time', () => {
  const pieces = Array.from({ length: 50_000 }, (_, timeMs) => ({ timeMs, text: '0123456789' }))
  const start = performance.now()
  expect(consoleLines(pieces)).toHaveLength(1)
  expect(performance.now() - start).toBeLessThan(2_000)
})

test('timelineMachine() has no secret, and the end of a journal that is too large', () => {
  const secrets = new Secrets()
  secrets.learn({ TOKEN: 'hunter22' })
  const message = `hunter22 ${'x'.repeat(1 << 20)}`
  const entry = { timeMs: 5, priority: 6, source: 'me', unit: '', message }
  const evidence: Evidence = {
    console: [{ timeMs: 1, text: 'password hunter22\n' }],
    journal: Array.from({ length: 40 }, (_, timeMs) => ({ ...entry, timeMs })),
    systemLog: '',
    services: '',
    failedUnits: '',
    kernelErrors: '',
    coredumps: '',
    screen: undefined,
    takenMs: 9,
    notes: [],
  }
  const machine = timelineMachine(
    { name: 'a', image: 'debian:13', accelerator: 'tcg' },
    evidence,
    [],
    secrets,
  )
  expect(machine.console).toEqual([[1, 'password ••••••']])
  expect(machine.journal.length).toBeGreaterThan(20)
  expect(machine.journal.length).toBeLessThan(25)
  expect(machine.journal.at(-1)?.[0]).toBe(39)
  expect(JSON.stringify(machine)).not.toContain('hunter22')
})

test('timelinePage() is one file that names no other', async ({}, testInfo) => {
  const html = await timelinePage(timelineData(testInfo, [], []))
  expect(html).not.toMatch(/\b(?:src|href)="|@import|url\(/)
  expect(html).not.toMatch(/\/\*(?:STYLE|SCRIPT|DATA)\*\//)
  expect(html.length).toBeLessThan(60_000)
})

checkLeaks()
