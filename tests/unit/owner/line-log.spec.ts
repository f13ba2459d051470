import { expect, test } from '@playwright/test'
import * as fc from 'fast-check'

import { LineLog } from '../../../src/owner/line-log.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

const start = { line: 0, at: 0 }
const finished = { unfinished: false }

/** All matches of a pattern, one after the other. */
function all(log: LineLog, pattern: RegExp, options = finished): string[] {
  const texts: string[] = []
  for (let from = start; ;) {
    const found = log.find(pattern, from, options)
    if (!found) return texts
    texts.push(found.match[0])
    from = found.end
  }
}

test('find() sees lines, and never two glued together', () => {
  const log = new LineLog()
  log.append(Buffer.from('one\r\ntwo\r\n'))
  expect(all(log, /onetwo|one\s+two/)).toEqual([])
  expect(all(log, /^\w+$/)).toEqual(['one', 'two'])
})

test('find() goes on behind the last match, within a line too, and ^ stays the beginning of the line', () => {
  const log = new LineLog()
  log.append(Buffer.from('a1 a2\na3 b a4\n'))
  expect(all(log, /a\d/)).toEqual(['a1', 'a2', 'a3', 'a4'])
  expect(all(log, /^a\d/gy)).toEqual(['a1', 'a3'])
  expect(all(log, /(?=a)/)).toHaveLength(4)
})

test('find() looks at a line without an end only when it is told to', () => {
  const log = new LineLog()
  log.append(Buffer.from('booted\nlogin: \u001b[0'))
  expect(log.find(/login/, start, finished)).toBeUndefined()
  expect(log.find(/login: $/, start, { unfinished: true })?.match.input).toBe('login: ')
  log.append(Buffer.from('mroot\n'))
  expect(all(log, /^login: root$/)).toEqual(['login: root'])
})

test('what steers a terminal is in no line', () => {
  const log = new LineLog()
  log.append(
    Buffer.from('[  \u001b[0;32mOK\u001b[0m  ] Started\u0007 \u001b]0;title\u0007ü\r\n\u001b[32mOK pro'),
  )
  expect(log.find(/^\[ {2}OK {2}\] Started ü$/, start, finished)).toBeDefined()
  expect(log.unfinished).toBe('OK pro')
  expect(log.lastLine).toBe('OK pro')
})

test('however the bytes come, the same lines are found', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary' }).map((line) => line.replaceAll('\n', ''))),
      fc.array(fc.nat(5)),
      (lines, sizes) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
        const [whole, pieces] = [new LineLog(), new LineLog()]
        whole.append(bytes)
        for (let at = 0, index = 0; at < bytes.length; index++) {
          const size = (sizes[index] ?? 1) + 1
          pieces.append(bytes.subarray(at, at + size))
          at += size
        }
        expect(pieces.end).toEqual(whole.end)
        expect(all(pieces, /^.*$/)).toEqual(all(whole, /^.*$/))
      },
    ),
  )
})

test('the oldest lines go, the others keep their numbers, and who reads on from there goes on with the oldest kept', () => {
  const log = new LineLog()
  const line = `${'x'.repeat(99)}\n`
  for (let count = 0; count < 40_000; count++) log.append(Buffer.from(line))
  log.append(Buffer.from('the end\n'))
  expect(log.end.line).toBe(40_001)
  const first = log.find(/./, start, finished)
  expect(first?.end.line).toBeGreaterThan(40_000 - (2 * 2 ** 20) / 100)
  expect(first?.end.line).toBeLessThan(40_000 - (2 ** 20 - 200) / 100)
  expect(log.find(/the end/, start, finished)?.end.line).toBe(40_000)
})

test('a line that never ends is cut, and takes no more memory than others', () => {
  const log = new LineLog()
  for (let count = 0; count < 64; count++) log.append(Buffer.alloc(100_000, 'y'))
  expect(log.end.line).toBeGreaterThan(60)
  expect(log.unfinished.length).toBeLessThanOrEqual(1 << 16)
})

checkLeaks()
