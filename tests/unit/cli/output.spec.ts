import { PassThrough } from 'node:stream'

import { expect, test } from '@playwright/test'
import { CommanderError } from 'commander'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { Exit, exitCodeOf } from '../../../src/cli/exit-code.ts'
import { formatBytes } from '../../../src/cli/format-bytes.ts'
import { formatAge, formatDuration } from '../../../src/cli/format-duration.ts'
import { describeError } from '../../../src/interactive/describe-error.ts'
import { StepLines } from '../../../src/cli/step-lines.ts'
import { StepTurns } from '../../../src/cli/step-turns.ts'
import { table } from '../../../src/cli/table.ts'
import { EnvironmentError, FledgeError, GuestError, MisuseError } from '../../../src/index.ts'

test('describeError() prints message, hint and console, and no stack', () => {
  const error = new GuestError('ERR_FLEDGE_BAKE', 'Cannot boot "x":\nit panicked', {
    hint: 'Try again',
    consoleTail: 'one\ntwo',
  })
  expect(describeError(error, { debug: false })).toBe(
    [
      'fledge: Cannot boot "x":',
      '  it panicked',
      '  Try again',
      '  The last lines of its console:',
      '  | one',
      '  | two',
    ].join('\n'),
  )
})

test('describeError() prints all of it for debugging', () => {
  const cause = new Error('below')
  const shown = describeError(new FledgeError('ERR_FLEDGE_QEMU', 'above', { cause }), { debug: true })
  expect(shown).toContain('fledge: above\n')
  expect(shown).toContain('output.spec.ts')
  expect(shown).toContain('below')
})

test('describeError() lets no guest steer the terminal', () => {
  const tail = 'boot\u001b[2J\u001b]0;title\u0007\r\u009b1m done'
  const shown = describeError(new GuestError('ERR_FLEDGE_BAKE', 'a\u001b[31m', { consoleTail: tail }), {
    debug: true,
  })
  // oxlint-disable-next-line no-control-regex
  expect(shown).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/)
  expect(shown).toContain(String.raw`  | boot\x1b[2J\x1b]0;title\x07\r\x9b1m done`)
})

test('describeError() owns up to what is no error of anyone else', () => {
  expect(describeError(new TypeError('x is undefined'), { debug: false })).toContain(
    'This is a fault of fledge',
  )
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  expect(describeError(full, { debug: false })).toBe('fledge: ENOSPC: no space left on device, write')
  expect(describeError('a text', { debug: false })).toContain('fledge: a text')
})

test('exitCodeOf() tells misuse from the rest', () => {
  expect(exitCodeOf(new MisuseError('ERR_FLEDGE_OPTION', ''))).toBe(2)
  expect(exitCodeOf(new EnvironmentError('ERR_FLEDGE_QEMU', ''))).toBe(1)
  expect(exitCodeOf(new CommanderError(1, 'commander.unknownOption', ''))).toBe(2)
  expect(exitCodeOf(new CommanderError(0, 'commander.version', ''))).toBe(0)
  expect(exitCodeOf(new Exit(130))).toBe(130)
  expect(exitCodeOf(new Error('bug'))).toBe(1)
})

test('formatBytes() has a unit and two or three digits', () => {
  const shown = [
    0,
    1,
    1024,
    2 ** 20,
    1.25 * 2 ** 20,
    431 * 2 ** 20,
    1023 * 2 ** 20,
    12 * 2 ** 30,
    3 * 2 ** 50,
  ]
  expect(shown.map(formatBytes)).toEqual([
    '0',
    '1 KiB',
    '1 KiB',
    '1.0 MiB',
    '1.3 MiB',
    '431 MiB',
    '1.0 GiB',
    '12 GiB',
    '3072 TiB',
  ])
})

test('formatDuration() and formatAge() speak as people do', () => {
  const shown = [0, 400, 9_940, 9_960, 59_400, 59_600, 65_000, 120_000, 3 * 3_600_000, 3 * 86_400_000]
  expect(shown.map(formatDuration)).toEqual([
    '0.0 s',
    '0.4 s',
    '9.9 s',
    '10 s',
    '59 s',
    '1 min',
    '1 min 5 s',
    '2 min',
    '3 h',
    '3 days',
  ])
  const now = Date.now()
  expect(formatAge(new Date(now - 59_000), now)).toBe('just now')
  expect(formatAge(new Date(now - 59 * 60_000), now)).toBe('59 min ago')
  expect(formatAge(new Date(now - 49 * 3_600_000), now)).toBe('2 days ago')
  expect(formatAge(new Date(now + 5_000), now)).toBe('just now')
})

test('table() sets columns, right where asked, and does not count colours', () => {
  const rows = [
    ['a', '1 MiB', 'x'],
    ['\u001b[31mlong\u001b[39m', '431 MiB', ''],
  ]
  expect(table(rows, [1])).toBe('a       1 MiB  x\n\u001b[31mlong\u001b[39m  431 MiB')
  expect(table([])).toBe('')
})

/** What is written to a stream. */
function recorder(): { stream: NodeJS.WriteStream; text: () => string } {
  const stream = new PassThrough()
  let text = ''
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return {
    stream: Object.assign(stream, { columns: 40, isTTY: true }) as unknown as NodeJS.WriteStream,
    text: () => text,
  }
}

const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

test('StepTurns says nothing of short steps, and a line for each turn of long ones', async () => {
  const { stream, text } = recorder()
  const view = new StepTurns(stream)
  view.take({ id: 1, state: 'start', title: 'short', elapsedMs: 0 })
  view.take({ id: 1, state: 'end', title: 'short', elapsedMs: 100 })
  view.take({ id: 2, state: 'start', title: 'long', elapsedMs: 0 })
  view.take({ id: 2, state: 'update', title: 'long', detail: 'reading', elapsedMs: 1 })
  await wait(600)
  for (const count of [1, 2, 300]) {
    const detail = `unpacking, ${count} of 300`
    view.take({ id: 2, state: 'update', title: 'long', detail, elapsedMs: 700 })
  }
  for (const size of ['5 % of 60 MiB', '50 % of 60 MiB, 9.1 MiB/s, 8 s left', '4.0 MiB, 2.0 MiB/s']) {
    const detail = `downloading, ${size}`
    view.take({ id: 2, state: 'update', title: 'long', detail, elapsedMs: 800 })
  }
  view.take({ id: 2, state: 'end', title: 'long', elapsedMs: 65_000 })
  view.close()
  expect(text()).toBe(
    'fledge: long: reading\nfledge: long: unpacking\nfledge: long: downloading\nfledge: long: done after 1 min 5 s\n',
  )
})

test('StepLines keeps a line within the terminal, and erases it', async () => {
  const { stream, text } = recorder()
  const view = new StepLines(stream)
  view.take({ id: 1, state: 'start', title: 'building debian:13-minimal', elapsedMs: 0 })
  view.take({
    id: 1,
    state: 'update',
    title: 'building debian:13-minimal',
    detail: 'x'.repeat(99),
    elapsedMs: 1,
  })
  await wait(900)
  view.take({ id: 1, state: 'end', title: 'building debian:13-minimal', elapsedMs: 900 })
  view.close()
  const drawn = text().split('\n')
  expect(drawn[0]).toMatch(/^fledge: building debian:13-minim.*\d s$/)
  expect(drawn[0]?.length).toBeLessThan(40)
  expect(text()).toContain('\u001b[1A\r\u001b[J')
  expect(drawn.at(-2)).toContain('fledge: building debian:13-minimal took 0.9 s')
})

checkLeaks()
