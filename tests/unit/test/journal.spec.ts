import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { journalCommand, journalText, readJournal } from '../../../src/test/journal.ts'

/** An entry as journalctl prints it. */
function line(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ __REALTIME_TIMESTAMP: '1768478400123456', _BOOT_ID: 'b', ...fields })
}

test('readJournal() gives the oldest entry first, with what is known of it', () => {
  const output = [
    line({
      MESSAGE: 'second',
      PRIORITY: '3',
      SYSLOG_IDENTIFIER: 'sshd',
      _PID: '312',
      _SYSTEMD_UNIT: 'ssh.service',
    }),
    line({ MESSAGE: 'first', _COMM: 'cat' }),
  ].join('\n')
  const timeMs = 1_768_478_400_123.456
  expect(readJournal(`${output}\n`)).toEqual([
    { timeMs, priority: 6, source: 'cat', unit: '', message: 'first' },
    { timeMs, priority: 3, source: 'sshd[312]', unit: 'ssh.service', message: 'second' },
  ])
})

test('readJournal() takes messages of all kinds, and shortens the largest', () => {
  const messages = [[104, 105, 255], null, ['one', 'two'], 'x'.repeat(20_000), 'a\nb']
  const read = readJournal(messages.map((MESSAGE) => line({ MESSAGE })).join('\n')).toReversed()
  expect(read.map(({ message }) => message)).toEqual([
    'hi\uFFFD',
    '',
    'one\ntwo',
    `${'x'.repeat(16_384)}[…]`,
    'a\nb',
  ])
})

test('readJournal() leaves out a line that was cut off, wherever that was', () => {
  const whole = line({ MESSAGE: 'a {b} c' })
  for (let length = 0; length < whole.length; length++) {
    expect(readJournal(`${whole}\n${whole.slice(0, length)}`), `${length}`).toHaveLength(1)
  }
  expect(readJournal('')).toEqual([])
})

test('journalText() has a line for each entry, in UTC', () => {
  const entries = readJournal(line({ MESSAGE: 'hello', SYSLOG_IDENTIFIER: 'me', _PID: '5' }))
  expect(journalText(entries)).toBe('2026-01-15T12:00:00.123Z me[5]: hello\n')
})

test('journalCommand() asks from the second on in which the machine was launched', () => {
  expect(journalCommand(1_768_478_400_999)).toContain('--since=@1768478400')
})

checkLeaks()
