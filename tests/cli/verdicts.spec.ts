import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test as base } from '@playwright/test'

import { checkLeaks } from '../fixtures/leaks.ts'
import { ownOwner } from '../fixtures/own-owner.ts'
import { type PutServer, putServer } from '../unit/sandbox/verdict/put-server.ts'
import { fledge } from './run-fledge.ts'
import { type FinishedRun, resultOf, testProject, type TestProject } from './test-project.ts'

const secret = 'a key that is long enough'

/** A project whose tests need no machine, and a place for its verdicts. */
const test = base.extend<{ project: TestProject; verdicts: string }>({
  verdicts: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'fledge-verdicts-'))
    process.env['FLEDGE_VERDICTS'] = folder
    {
      await using _owner = await ownOwner()
      await use(folder)
    }
    for (const name of ['FLEDGE_VERDICTS', 'FLEDGE_VERDICTS_KEY', 'FLEDGE_VERDICTS_MODE'])
      delete process.env[name]
    await rm(folder, { recursive: true })
  },
  project: async ({ verdicts }, use) => {
    expect(await readdir(verdicts)).toEqual([])
    await using project = await testProject({
      'shared.js': 'export const value = 1\n',
      'a.spec.js': `
import { expect, test } from '@playwright/test'
import { value } from './shared.js'
test('a', async ({}, info) => {
  expect(value).toBeGreaterThan(0)
  await info.attach('log', { body: 'evidence of a', contentType: 'text/plain' })
})
`,
      'b.spec.js': `
import { writeFileSync } from 'node:fs'
import { test } from '@playwright/test'
import './shared.js'
test('b', async ({}, info) => {
  writeFileSync(info.outputPath('file.txt'), 'evidence of b')
  await info.attach('file', { path: info.outputPath('file.txt') })
})
`,
      'c.spec.js': `import { test } from '@playwright/test'\ntest('c', () => {})\ntest.skip('later', () => {})\n`,
      'playwright.config.js': `export default { projects: [{ name: 'one' }] }\n`,
    })
    await use(project)
  },
})

function change(project: TestProject, file: string, text: string): Promise<void> {
  return writeFile(join(project.folder, file), text)
}

function titleIn(line: string): string {
  return (
    line
      .replace(/ \((?:.*, )?(?:cached|[\d.]+m?s)\)$/, '')
      .split(' › ')
      .at(-1) ?? ''
  )
}

/** The titles of the tests that are told to be cached, and those that ran. */
function told({ output }: FinishedRun): { cached: string[]; ran: string[] } {
  const lines = output.split('\n').filter((line) => /^ {2}[✓✘-]/.test(line))
  return {
    cached: lines.filter((line) => line.endsWith('cached)')).map(titleIn),
    ran: lines.filter((line) => !line.endsWith('cached)')).map(titleIn),
  }
}

test('a second sealed run reports all tests as cached, and a change reruns those that see it', async ({
  project,
}) => {
  const first = await project.run('--sandbox')
  expect(told(first)).toEqual({ cached: [], ran: ['a', 'b', 'c', 'later'] })
  expect(first.exitCode).toBe(0)

  const second = await project.run('--sandbox')
  expect(told(second)).toEqual({ cached: ['a', 'b', 'c', 'later'], ran: [] })
  expect(second.output).toContain('\n  1 skipped (1 cached), 3 passed (3 cached)\n')
  expect(second.output).not.toContain('Running')
  expect(second.exitCode).toBe(0)

  await change(project, 'shared.js', 'export const value = 2\n')
  const third = await project.run('--sandbox')
  expect(told(third)).toEqual({ cached: ['c', 'later'], ran: ['a', 'b'] })
  expect(third.output).toContain('\n  1 skipped (1 cached), 3 passed (1 cached)\n')

  // What was so before is remembered as well.
  await change(project, 'shared.js', 'export const value = 1\n')
  expect(told(await project.run('--sandbox')).ran).toEqual([])
  expect(told(await project.run('--sandbox', '--rerun')).ran).toEqual(['a', 'b', 'c', 'later'])
  // Options that change nothing of how tests come out do not count, and others do.
  expect(told(await project.run('--sandbox', '--workers', '2', '-g', 'a|b|c|later')).ran).toEqual([])
  expect(told(await project.run('--sandbox', '--timeout', '20000', 'c.spec.js')).ran).toEqual(['c', 'later'])
  expect(told(await project.run('--sandbox', '-g', 'later')).ran).toEqual(['later'])
})

test('a failure is not remembered, and neither is what passed at its second attempt', async ({ project }) => {
  const fails = `import { expect, test } from '@playwright/test'\ntest('d', ({}, info) => expect(info.retry).toBe(1))\n`
  await change(project, 'd.spec.js', fails)
  for (const _ of [1, 2]) {
    const failed = await project.run('--sandbox', 'd.spec.js', 'c.spec.js')
    expect(told(failed).ran).toContain('d')
    expect(failed.exitCode).toBe(1)
  }
  expect(told(await project.run('--sandbox', 'd.spec.js', 'c.spec.js')).cached).toEqual(['c', 'later'])
  for (const _ of [1, 2]) {
    const flaky = await project.run('--sandbox', '--retries', '1', 'd.spec.js')
    expect(flaky.output).toContain('1 flaky')
    expect(told(flaky).cached).toEqual([])
  }
})

test('a part of the tests is remembered, or runs, as a whole', async ({ project }) => {
  const part = (): Promise<FinishedRun> => project.run('--sandbox', '--shard', '1/1')
  await part()
  expect(told(await part()).ran).toEqual([])
  await change(project, 'shared.js', 'export const value = 5\n')
  expect(told(await part())).toEqual({ cached: [], ran: ['a', 'b', 'c', 'later'] })
})

test('reports have the evidence of what is remembered, with that of what ran', async ({ project }) => {
  await project.run('--sandbox')
  await change(project, 'a.spec.js', `import { test } from '@playwright/test'\ntest('a', () => {})\n`)
  const run = await project.run('--sandbox', '--reporter', 'list,json,html')
  expect(told(run).ran).toEqual(['a'])
  expect([...run.results.keys()].toSorted()).toEqual(['a', 'b', 'c', 'later'])
  expect(resultOf(run, 'a').annotations).toEqual([])
  const { annotations, attachments, status } = resultOf(run, 'b')
  expect(status).toBe('passed')
  expect(annotations).toEqual([
    { type: 'cached', description: expect.stringMatching(/^ran at 20.*Z; .* took [\d.]+ s$/) },
  ])
  expect(attachments.map(({ name }) => name)).toEqual(['file'])
  expect(await readFile(attachments[0]?.path ?? '', 'utf8')).toBe('evidence of b')
  const data = join(project.folder, 'playwright-report/data')
  const texts = await Promise.all((await readdir(data)).map((name) => readFile(join(data, name), 'utf8')))
  expect(texts).toContain('evidence of b')

  // All of it is remembered now, and the report is the same without a run.
  const again = await project.run('--sandbox', '--reporter', 'json')
  expect(JSON.stringify(resultOf(again, 'a').annotations)).toContain('cached')
  expect([...again.results.keys()].toSorted()).toEqual(['a', 'b', 'c', 'later'])
  expect(again.exitCode).toBe(0)
})

test('fledge why says what has changed since', async ({ project }) => {
  const why = async (...args: string[]): Promise<string> => {
    const { stdout, stderr, code } = await fledge(['why', ...args], { cwd: project.folder })
    expect(code, stderr).toBe(0)
    return stdout.toString()
  }
  expect(await why('c.spec.js')).toBe('c.spec.js  runs: nothing is remembered of it here\n')
  await project.run('--sandbox')
  expect(await why('a.spec.js')).toMatch(
    /^a\.spec\.js {2}does not run: 1 test passed just now, in [\d.]+ s\n$/,
  )
  await change(project, 'shared.js', 'export const value = 3\n')
  const lines = (await why()).split('\n')
  expect(lines.filter((line) => line.startsWith(' '))).toEqual([
    '  changed  shared.js',
    '  changed  shared.js',
  ])
  expect(lines.filter((line) => line.includes('does not run')).map((line) => line.split(' ')[0])).toEqual([
    'c.spec.js',
  ])
  expect(await why('c.spec.js', '--timeout', '5000')).toContain('\n  new  --timeout: 5000\n')
  await change(project, 'c.spec.js', `import { test } from '@playwright/test'\ntest('c', () => {})\n`)
  expect(await why('c.spec.js')).toContain(
    '\n  changed  c.spec.js\n  changed  the number of tests, or which they are: 2 → 1\n',
  )
})

test('a verdict that nobody with the key has signed is refused, and its tests run', async ({
  project,
  verdicts,
}) => {
  process.env['FLEDGE_VERDICTS_KEY'] = secret
  const forge = async (change: (text: string) => string): Promise<void> => {
    for (const name of (await readdir(verdicts)).filter((each) => each.startsWith('verdict-'))) {
      const text = await readFile(join(verdicts, name), 'utf8')
      expect(change(text)).not.toBe(text)
      await writeFile(join(verdicts, name), change(text))
    }
  }
  await project.run('--sandbox')
  expect(told(await project.run('--sandbox')).ran).toEqual([])
  await forge((text) => text.replace(/"hmac-sha256:\w+"/, 'null'))
  const unsigned = await project.run('--sandbox')
  expect(told(unsigned).cached).toEqual([])
  expect(unsigned.output).toMatch(
    /fledge: "verdict-.*\.json" in ".*" is refused, it is not signed: its tests run/,
  )
  expect(told(await project.run('--sandbox')).ran).toEqual([])
  await forge((text) => text.replaceAll('durationMs\\":', 'durationMs\\":1'))
  const altered = await project.run('--sandbox')
  expect(told(altered).cached).toEqual([])
  expect(altered.output).toContain('its signature is wrong')
})

test('verdicts on a server are shared by projects that know the key, and one that is gone is said once', async ({
  project,
}) => {
  process.env['FLEDGE_VERDICTS_KEY'] = secret
  const server: PutServer = await putServer()
  process.env['FLEDGE_VERDICTS'] = server.url
  try {
    await project.run('--sandbox')
    expect([...server.files.keys()].filter((name) => name.startsWith('/verdicts/verdict-'))).toHaveLength(3)
    await rm(join(project.folder, 'test-results'), { recursive: true, force: true })
    process.env['FLEDGE_VERDICTS_MODE'] = 'read'
    const read = await project.run('--sandbox', '--reporter', 'list,json')
    expect(told(read).ran).toEqual([])
    expect(await readFile(resultOf(read, 'b').attachments[0]?.path ?? '', 'utf8')).toBe('evidence of b')
    await change(project, 'shared.js', 'export const value = 4\n')
    await project.run('--sandbox')
    expect(server.files.size).toBe(6)
  } finally {
    await server[Symbol.asyncDispose]()
  }
  const gone = await project.run('--sandbox')
  expect(told(gone).ran).toEqual(['a', 'b', 'c', 'later'])
  expect(gone.exitCode).toBe(0)
  expect(gone.output.match(/cannot be read/g)).toHaveLength(1)
})

checkLeaks()
