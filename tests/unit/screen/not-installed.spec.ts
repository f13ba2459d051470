import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Readable } from 'node:stream'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { compileLibrary } from '../compiled-library.ts'

/** Reads a picture in a process that does not have a package, and that must not be kept from its end. */
const script = `
import { createRequire, register } from 'node:module'
const [, missing, trap] = process.argv
const threads = createRequire(import.meta.url)('node:worker_threads')
threads.Worker = class extends threads.Worker {
  constructor(path) { super(path, { execArgv: ['--require', trap] }) }
}
const hook = \`export const resolve = (name, context, next) => next(name === '\${missing}' ? 'no-such-package' : name, context)\`
register('data:text/javascript,' + encodeURIComponent(hook))
const { readText } = await library('screen/read-text.js')
const picture = { width: 8, height: 8, rgb: Buffer.from(Array.from({ length: 192 }, (_, index) => index)) }
const { lines, code, message, hint } = await readText(picture, new AbortController().signal).catch((error) => error)
console.log(JSON.stringify({ lines, code, message, hint }))
setTimeout(() => process.exit(5), 4_000).unref()
`

/** A thread that reaches for the network ends at once. */
const trap = `
for (const each of [require('node:net').Socket.prototype, require('node:dns'), require('node:dns').promises])
  for (const way of ['connect', 'lookup', 'resolve']) if (way in each) each[way] = () => process.exit(9)
globalThis.fetch = () => process.exit(9)`

test('who has not installed tesseract.js is told so, and who has reads offline and is not kept from ending', async () => {
  await using library = await compileLibrary()
  const trapFile = test.info().outputPath('trap.cjs')
  await mkdir(dirname(trapFile), { recursive: true })
  await writeFile(trapFile, trap)
  const run = async (missing: string): Promise<unknown> => {
    const child = library.run(script, missing, trapFile)
    const [said, [exitCode]] = await Promise.all([text(child.stdout as Readable), once(child, 'exit')])
    return { ...JSON.parse(said), exitCode }
  }
  expect(await run('tesseract.js')).toEqual({
    code: 'ERR_FLEDGE_TOOL_MISSING',
    message: 'Cannot read text on a screen: tesseract.js and its data are not installed',
    hint: 'npm install --save-dev tesseract.js @tesseract.js-data/eng',
    exitCode: 0,
  })
  expect(await run('none')).toEqual({ lines: expect.any(Array), exitCode: 0 })
})

checkLeaks()
