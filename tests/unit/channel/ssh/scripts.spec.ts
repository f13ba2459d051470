import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { expect, test } from '@playwright/test'
import * as fc from 'fast-check'

import { CallHeadScanner, type CallHead } from '../../../../src/channel/ssh/call-head.ts'
import { forLoginShell } from '../../../../src/channel/ssh/login-shell-word.ts'
import { mountScript } from '../../../../src/channel/ssh/mount-script.ts'
import { readStat } from '../../../../src/channel/ssh/stat-script.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'

const run = promisify(execFile)

test('forLoginShell() has no character in its words that any login shell takes for its own', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (script) => {
      const [, word] =
        /^exec \/bin\/sh -c 'eval "\$\(printf %b "\$0"\)"' '(.*)'$/s.exec(forLoginShell(script)) ?? []
      // A backslash is only ever followed by a digit: fish knows no such pair.
      expect(word).toMatch(/^(?:[^'!\\\n\r\u{80}-\u{10ffff}]|\\0[0-7]{3})*$/u)
    }),
  )
})

test('forLoginShell() runs the script', async () => {
  const script = `printf '%s|' 'a!b' 'c\\d' 'ü
e' "it's"`
  const { stdout } = await run('sh', ['-c', forLoginShell(script)])
  expect(stdout).toBe("a!b|c\\d|ü\ne|it's|")
})

test('CallHeadScanner finds how a call began, in whatever pieces that comes', () => {
  const text = Buffer.from('Welcome\nto fledge12 it\nfledge123 start 4711\r\nthe output\n')
  fc.assert(
    fc.property(fc.array(fc.nat(text.length)), (cuts) => {
      const scanner = new CallHeadScanner('fledge123')
      let head: CallHead | undefined
      let rest = ''
      let from = 0
      for (const to of [...cuts.toSorted((a, b) => a - b), text.length]) {
        const piece = text.subarray(from, to)
        from = to
        if (head) rest += piece.toString()
        else head = scanner.push(piece)
        if (head && 'pid' in head && rest === '') rest = head.rest.toString()
      }
      expect(head).toMatchObject({ pid: 4711 })
      expect(rest).toBe('the output\n')
    }),
  )
  expect(new CallHeadScanner('t').push(Buffer.from('t fail ENOENT no such user: x y\n'))).toEqual({
    errno: 'ENOENT',
    message: 'no such user: x y',
  })
})

test("readStat() reads what GNU's stat and the BSDs' say", () => {
  const expected = {
    mode: 0o100644,
    uid: 1,
    gid: 2,
    size: 3,
    mtimeMs: 4000,
    isFile: true,
    isDirectory: false,
  }
  expect(readStat('/x', '16 81a4 1 2 3 4\n')).toEqual(expected)
  expect(readStat('/x', '8 100644 1 2 3 4\n')).toEqual(expected)
  expect(readStat('/x', '-\n')).toBeUndefined()
  expect(() => readStat('/x', '16 \n')).toThrow('Cannot stat "/x"')
})

test('mountScript() refuses on other systems than Linux, and says why', async () => {
  const script = mountScript({ source: 'tag', target: '/mnt/x', type: '9p' })
  const failed = await run('sh', ['-euc', `uname() { echo FreeBSD; }\n${script}`]).catch(
    (error: unknown) => error,
  )
  expect(failed).toMatchObject({ stderr: 'its system cannot mount the folders of this host\n' })
})

for (const [what, request, line] of [
  ['9p', { source: 'tag', target: '/a', type: '9p', data: 'x=1', flags: 1 }, '-t 9p -o ro,x=1 -- tag /a'],
  ['a bind', { source: '/a', target: '/b', type: '', flags: 4096 }, '-o bind,rw -- /a /b'],
  ['a bind made read-only', { source: '', target: '/b', type: '', flags: 4129 }, '-o remount,bind,ro -- /b'],
] as const) {
  test(`mountScript() has mount(8) mount ${what}`, async () => {
    const { stdout } = await run('sh', [
      '-euc',
      `mkdir() { :; }\nmount() { echo "$*"; }\n${mountScript(request)}`,
    ])
    expect(stdout).toBe(`${line}\n`)
  })
}

checkLeaks()
