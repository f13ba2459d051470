import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../fixtures/leaks.ts'

const root = join(import.meta.dirname, '..')

/** A regular expression as the value of a property or an item, and not as an argument, where no text has one. */
const bare = /\b\w+: \/(?![/*])|\[\/(?![/*])/

/** What stands between the parentheses of every call of a matcher, without its texts. */
function argumentsOf(matcher: string, source: string): string[] {
  const code = source.replaceAll(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, "''")
  return code
    .split(`.${matcher}(`)
    .slice(1)
    .map((rest) => {
      let end = 0
      for (let depth = 1; depth > 0 && end < rest.length; end++) {
        if (rest[end] === '(') depth++
        if (rest[end] === ')') depth--
      }
      return rest.slice(0, end - 1)
    })
}

// It has no properties that could differ, so toMatchObject() is content with any text: expect.stringMatching() is for that.
test('no test gives toMatchObject() a regular expression for a text', () => {
  expect(() => expect({ message: 'a' }).toMatchObject({ message: /b/ })).not.toThrow()
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(root, file))
    .filter((file) => file !== import.meta.filename)
  const offences = files.flatMap((file) =>
    argumentsOf('toMatchObject', readFileSync(file, 'utf8'))
      .filter((each) => bare.test(each))
      .map((each) => `${relative(root, file)}: ${each.trim()}`),
  )
  expect(offences).toEqual([])
})

checkLeaks()
