import { expect, test } from '@playwright/test'

import { EventLog } from '../../../src/owner/event-log.ts'
import type { QmpEvent } from '../../../src/qemu/qmp-types.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

const event = (name: string, said = 0): QmpEvent => ({ name, data: { said }, atMs: 0 })
const named =
  (name: string) =>
  (each: QmpEvent): boolean =>
    each.name === name
const anything = (): boolean => true

test('take() gives each event once, and drops none of the others', () => {
  const log = new EventLog()
  const events = ['STOP', 'RESET', 'STOP', 'RESUME'].map((name, index) => event(name, index))
  for (const each of events) log.append(each)
  expect(log.last).toBe(events[3])
  expect(log.take(named('RESUME'))).toBe(events[3])
  expect(log.take(named('STOP'))).toBe(events[0])
  expect(log.take(named('STOP'))).toBe(events[2])
  expect(log.take(named('STOP'))).toBeUndefined()
  expect(log.take(anything)).toBe(events[1])
  expect(log.take(anything)).toBeUndefined()
})

test('take() gives only what came after an event', () => {
  const log = new EventLog()
  const [first, second, third] = [event('STOP', 1), event('STOP', 2), event('STOP', 3)] as const
  for (const each of [first, second, third]) log.append(each)
  expect(log.take(anything, third)).toBeUndefined()
  expect(log.take(anything, first)).toBe(second)
  expect(log.take(anything, event('STOP'))).toBe(first)
})

test('the last 10,000 events are kept, and not many more', () => {
  const log = new EventLog()
  for (let said = 0; said < 50_000; said++) log.append(event('RTC_CHANGE', said))
  const first = Number(log.take(anything)?.data['said'])
  expect(first).toBeLessThanOrEqual(40_000)
  expect(first).toBeGreaterThanOrEqual(30_000)
})

checkLeaks()
