import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { expect } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { ConsoleLog } from '../../../src/owner/console-log.ts'
import { test } from '../test-in-folder.ts'

const mebibyte = 2 ** 20

test('text() keeps the end of what the machine wrote, and no more than 1 MiB', () => {
  const log = new ConsoleLog()
  for (let at = 0; at < 40; at++) log.append(Buffer.alloc(100_000, String.fromCharCode(97 + (at % 26))))
  log.append(Buffer.from('the end'))
  expect(log.text()).toMatch(/nthe end$/)
  expect(log.text().length).toBeLessThanOrEqual(mebibyte)
  expect(log.text().length).toBeGreaterThan(mebibyte / 2)
  log.append(Buffer.alloc(3 * mebibyte, 'z'))
  expect(log.text()).toHaveLength(mebibyte)
})

test('append() takes many small pieces, as a serial port gives them, in little time and memory', () => {
  const log = new ConsoleLog()
  const start = performance.now()
  for (let at = 0; at < 3 * mebibyte; at++) log.append(Buffer.of(97 + (at % 26)))
  expect(performance.now() - start).toBeLessThan(30_000)
  expect(log.text().length).toBeGreaterThan(mebibyte / 2)
  expect(log.text().slice(-3)).toBe(lastLetters(3 * mebibyte))
})

function lastLetters(count: number): string {
  return [count - 3, count - 2, count - 1].map((at) => String.fromCharCode(97 + (at % 26))).join('')
}

test('tail() has the last lines, without what steers a terminal and without empty lines', () => {
  const log = new ConsoleLog()
  log.append(
    Buffer.from('first\r\n\r\n[  \u001b[0;32mOK\u001b[0m  ] Started ü\u001b]0;title\u0007\u001b[?2004h\r\n'),
  )
  log.append(Buffer.from(' \n\u001bcreset bell\u0007 back\b nul\0 c1\u009f\ttab\n'))
  expect(log.tail()).toBe('first\n[  OK  ] Started ü\nreset bell back nul c1\ttab')
  expect(log.tail(1)).toBe('reset bell back nul c1\ttab')
})

test('pieces() tells when each was written, and is all of the text', async () => {
  const log = new ConsoleLog()
  const start = Date.now()
  log.append(Buffer.from('first '))
  log.append(Buffer.from('piece \u00FC'.slice(0, -1)))
  await sleep(60)
  const late = Date.now()
  const umlaut = Buffer.from('\u00FC')
  log.append(umlaut.subarray(0, 1))
  await sleep(60)
  log.append(umlaut.subarray(1))
  expect(log.pieces().map(({ text }) => text)).toEqual(['first piece ', '', '\u00FC'])
  const [first, second, third] = log.pieces().map(({ timeMs }) => timeMs)
  expect(first).toBeGreaterThanOrEqual(start)
  expect(first).toBeLessThan(late)
  expect(second).toBeGreaterThanOrEqual(late)
  expect(third).toBeGreaterThan(second ?? 0)
})

test('tail() shows earlier lines that have a mark before the last ones', () => {
  const log = new ConsoleLog()
  log.append(Buffer.from(`seed: first\nother\n${'more\n'.repeat(10_000)}seed: second\nlast\n`))
  expect(log.tail(1, 'seed: ')).toBe('seed: first\nseed: second\nlast')
  expect(log.tail(2)).toBe('seed: second\nlast')
})

test('pieces() forgets what the log forgets', async () => {
  const log = new ConsoleLog()
  for (let at = 0; at < 40; at++) {
    log.append(Buffer.alloc(100_000, String.fromCharCode(97 + (at % 26))))
    await sleep(25)
  }
  const pieces = log.pieces()
  expect(pieces.map(({ text }) => text).join('')).toBe(log.text())
  expect(pieces.length).toBeLessThanOrEqual(12)
  expect(pieces.at(-1)?.text).toMatch(/^n+$/)
})

test('the file has all that the machine wrote', async ({ folder }) => {
  const log = new ConsoleLog(join(folder, 'console'))
  log.append(Buffer.from('one\r\n'))
  log.append(Buffer.of(0, 255))
  log.close()
  await expect.poll(() => readFile(join(folder, 'console'), 'latin1').catch(() => '')).toBe('one\r\n\0\xff')
})

test('the file ends at 64 MiB, and says so once', async ({ folder }) => {
  const path = join(folder, 'console')
  const log = new ConsoleLog(path)
  const piece = Buffer.alloc(mebibyte, 'a')
  for (let at = 0; at < 70; at++) log.append(piece)
  log.close()
  const note = '\n[the rest of the console is left out]\n'
  await expect
    .poll(async () => (await stat(path).catch(() => ({ size: 0 }))).size, { timeout: 10_000 })
    .toBe(64 * mebibyte + note.length)
  expect((await readFile(path)).subarray(-note.length).toString()).toBe(note)
})

test('a file that cannot be written costs only the file', async ({ folder }) => {
  for (const path of ['/dev/full', join(folder, 'no', 'such', 'folder')]) {
    const log = new ConsoleLog(path)
    for (let at = 0; at < 5; at++) {
      log.append(Buffer.from(`line ${at}\n`))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(log.tail(2)).toBe('line 3\nline 4')
    log.close()
    log.close()
  }
})

checkLeaks()
