import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'
import type { JSONReport, JSONReportSpec, JSONReportSuite } from '@playwright/test/reporter'

import { composeBlob } from '../../../../src/sandbox/verdict/compose-blob.ts'
import { judgePiece } from '../../../../src/sandbox/verdict/judge-piece.ts'
import { mergeReports } from '../../../../src/sandbox/verdict/merge-reports.ts'
import { readPiece, writePiece } from '../../../../src/sandbox/verdict/piece.ts'
import { readBlob } from '../../../../src/sandbox/verdict/read-blob.ts'
import { readZip, unpack } from '../../../../src/sandbox/verdict/read-zip.ts'
import { splitBlob } from '../../../../src/sandbox/verdict/split-blob.ts'
import { storedEntry, writeZip } from '../../../../src/sandbox/verdict/write-zip.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'
import { test } from '../../test-in-folder.ts'
import { makeProject, runIn, runToBlob } from './run-playwright.ts'

const project = {
  'playwright.config.js': `export default { projects: [{ name: 'one' }, { name: 'two' }], retries: 1 }`,
  'good.spec.js': `
import { writeFileSync } from 'node:fs'
import { expect, test } from '@playwright/test'
test.describe('a group', () => {
  test('attaches', async ({}, info) => {
    const path = info.outputPath('log.txt')
    writeFileSync(path, 'evidence of ' + info.project.name)
    await test.step('a step', () => info.attach('log', { path, contentType: 'text/plain' }))
    await info.attach('short', { body: 'in the report itself' })
    console.log('said by a test')
    info.annotations.push({ type: 'own', description: 'said by the test' })
  })
})
test.skip('skipped', () => {})
test('fails as it has to', () => { test.fail(); expect(1).toBe(2) })
`,
  'deep/flaky.spec.js': `
import { expect, test } from '@playwright/test'
test('flaky', ({}, info) => expect(info.retry).toBe(1))
`,
  'bad.spec.js': `
import { expect, test } from '@playwright/test'
test('bad', () => expect(1).toBe(2))
test('well', () => {})
`,
}

function specsOf(suites: readonly JSONReportSuite[]): readonly JSONReportSpec[] {
  return suites.flatMap(({ specs, suites = [] }) => [...specs, ...specsOf(suites)])
}

async function jsonOf(folder: string, compose: (path: string) => Promise<void>): Promise<JSONReport> {
  const place = join(folder, 'merged')
  await mkdir(place, { recursive: true })
  await compose(join(place, 'report.zip'))
  const outputFile = join(folder, 'report.json')
  const reporters = [['json', { outputFile }]] as const
  const config = join(folder, 'merge.config.mjs')
  const playwright = async (args: readonly string[], text: string): Promise<number> => {
    await writeFile(config, text)
    return runIn(folder)(args)
  }
  await mergeReports({ playwright, config, folder: place, rootDir: folder, reporters })
  return JSON.parse(await readFile(outputFile, 'utf8')) as JSONReport
}

test('a run is split by test file, judged, kept and merged again with another run', async ({ folder }) => {
  await makeProject(folder, project)
  const path = await runToBlob(folder)
  const kept = join(folder, 'good.zip')
  {
    const blob = await readBlob(path)
    expect(blob.status).toBe('failed')
    const pieces = splitBlob(blob)
    expect([...pieces.keys()].toSorted()).toEqual(['bad.spec.js', 'deep/flaky.spec.js', 'good.spec.js'])
    const judged = Object.fromEntries([...pieces].map(([file, piece]) => [file, judgePiece(piece)]))
    expect(judged['bad.spec.js']).toEqual({ refused: '"bad" needed more than one attempt' })
    expect(judged['deep/flaky.spec.js']).toEqual({ refused: '"flaky" needed more than one attempt' })
    const good = judged['good.spec.js']
    expect(good).toHaveProperty('tests')
    const tests = good && 'tests' in good ? good.tests : []
    expect(tests.map(({ project, titles, status }) => [project, titles.join('/'), status])).toEqual(
      ['one', 'two'].flatMap((name) => [
        [name, 'good.spec.js/a group/attaches', 'passed'],
        [name, 'good.spec.js/skipped', 'skipped'],
        [name, 'good.spec.js/fails as it has to', 'failed'],
      ]),
    )
    const piece = pieces.get('good.spec.js')
    expect(piece?.config.rootDir).toBe('')
    if (piece) await writePiece(kept, piece)
  }

  // The file of the kept piece does not run again, and all the same is in the report.
  await writeFile(
    join(folder, 'bad.spec.js'),
    `import { test } from '@playwright/test'\ntest('well', () => {})\n`,
  )
  const second = await runToBlob(folder, 'bad.spec.js')
  const ran = await readBlob(second)
  const piece = await readPiece(kept)
  const annotation = { type: 'cached', description: 'passed before' }
  const report = await jsonOf(folder, (place) =>
    composeBlob(place, {
      ran,
      remembered: [{ piece, annotation }],
      rootDir: folder,
      startTime: 0,
      duration: 0,
    }),
  )
  expect(report.stats).toMatchObject({ expected: 6, skipped: 2, unexpected: 0, flaky: 0 })
  expect(report.config.projects.map(({ name }) => name)).toEqual(['one', 'two'])
  expect(report.suites.map(({ title }) => title)).toEqual(['bad.spec.js', 'good.spec.js'])
  for (const { title, file, tests } of specsOf(report.suites)) {
    for (const { annotations, results } of tests) {
      const expected = file === 'good.spec.js' ? [expect.objectContaining(annotation)] : []
      expect
        .soft(
          annotations.filter(({ type }) => type === 'cached'),
          title,
        )
        .toEqual(expected)
      expect.soft(results, title).toHaveLength(1)
    }
  }
  const attaching = specsOf(report.suites).find(({ title }) => title === 'attaches')?.tests ?? []
  expect(attaching.map(({ projectName }) => projectName)).toEqual(['one', 'two'])
  const [attached] = attaching
  expect(attached?.annotations.map(({ type }) => type)).toEqual(['own', 'cached'])
  const result = attached?.results[0]
  expect(result?.stdout).toEqual([{ text: 'said by a test\n' }])
  expect(result?.steps?.map(({ title }) => title)).toContain('a step')
  expect(Object.fromEntries(result?.attachments.map(({ name, body }) => [name, body]) ?? [])).toEqual({
    log: undefined,
    short: Buffer.from('in the report itself').toString('base64'),
  })
  expect(await readFile(result?.attachments.find(({ name }) => name === 'log')?.path ?? '', 'utf8')).toBe(
    'evidence of one',
  )
})

test('a run of which all is remembered is reported as passed, wherever the project is now', async ({
  folder,
}) => {
  await makeProject(join(folder, 'a'), project)
  const kept = join(folder, 'good.zip')
  {
    const blob = await readBlob(await runToBlob(join(folder, 'a'), 'good.spec.js'))
    const piece = splitBlob(blob).get('good.spec.js')
    if (piece) await writePiece(kept, piece)
  }
  const moved = join(folder, 'b')
  await makeProject(moved, project)
  const piece = await readPiece(kept)
  const remembered = [{ piece, annotation: { type: 'cached' } }]
  const report = await jsonOf(moved, (place) =>
    composeBlob(place, { remembered, rootDir: moved, startTime: 1_000, duration: 5 }),
  )
  expect(report.stats).toMatchObject({ expected: 4, skipped: 2, unexpected: 0, duration: 5 })
  expect(report.config.rootDir).toBe(moved)
  // Errors, as of tests that fail as they have to, are texts, and stay as they were.
  const attaching = specsOf(report.suites).filter(({ title }) => title === 'attaches')
  expect(attaching[0]?.tests).toHaveLength(2)
  expect(JSON.stringify(attaching)).not.toContain(join(folder, 'a/'))
})

test('of a file that ran and is remembered, the report has what ran', async ({ folder }) => {
  await makeProject(folder, project)
  const path = await runToBlob(folder, 'good.spec.js')
  const kept = join(folder, 'good.zip')
  const ran = await readBlob(path)
  const whole = splitBlob(ran).get('good.spec.js')
  if (whole) await writePiece(kept, whole)
  const piece = await readPiece(kept)
  const only = { ...ran, projects: ran.projects.filter(({ name }) => name === 'one') }
  const own = new Set(JSON.stringify(only.projects).match(/"testId":"[^"]+"/g))
  const events = ran.events.filter((event) => [...own].some((id) => JSON.stringify(event).includes(id)))
  const remembered = [{ piece, annotation: { type: 'cached' } }]
  const report = await jsonOf(folder, (place) =>
    composeBlob(place, { ran: { ...only, events }, remembered, rootDir: folder, startTime: 0, duration: 0 }),
  )
  const cached = specsOf(report.suites).flatMap(({ tests }) =>
    tests.map(({ projectName, annotations }) => [
      projectName,
      annotations.some(({ type }) => type === 'cached'),
    ]),
  )
  expect(cached).toHaveLength(6)
  for (const [name, isCached] of cached) expect(isCached, String(name)).toBe(name === 'two')
})

test('the same evidence makes the same piece', async ({ folder }) => {
  await makeProject(folder, project)
  const blob = await readBlob(await runToBlob(folder, 'good.spec.js'))
  const piece = splitBlob(blob).get('good.spec.js')
  const [first, second] = [join(folder, '1.zip'), join(folder, '2.zip')]
  for (const place of [first, second]) if (piece) await writePiece(place, piece)
  expect((await readFile(first)).equals(await readFile(second))).toBe(true)
})

test('a test that did not run keeps its file from being remembered', async ({ folder }) => {
  await makeProject(folder, project)
  const blob = await readBlob(await runToBlob(folder, '--max-failures=1', '--workers=1', '--retries=0'))
  const judged = [...splitBlob(blob)].map(([file, piece]) => [file, judgePiece(piece)] as const)
  expect(Object.fromEntries(judged)['good.spec.js']).toEqual({ refused: '"a group › attaches" did not run' })
})

test('a blob report of another version, or with what is not known, is refused', async ({ folder }) => {
  await makeProject(folder, project)
  const path = await runToBlob(folder, 'good.spec.js')
  const altered = join(folder, 'altered.zip')
  const lines = await (async () => {
    const archive = await readZip(path)
    const report = archive.find(({ name }) => name === 'report.jsonl')
    return report ? Buffer.from(await unpack(report)).toString('utf8') : ''
  })()
  const write = (text: string): Promise<void> => writeZip(altered, [storedEntry('report.jsonl', text)])
  await write(lines.replace('"version":2', '"version":3'))
  await expect(readBlob(altered)).rejects.toThrow('it has the version 3, and only 2 is known')
  await write(lines.slice(lines.indexOf('\n') + 1))
  await expect(readBlob(altered)).rejects.toThrow('it has the version')
  await write('{')
  await expect(readBlob(altered)).rejects.toThrow()
  await writeZip(altered, [storedEntry('other', '')])
  await expect(readBlob(altered)).rejects.toThrow('it has no "report.jsonl"')
  await writeZip(altered, [storedEntry('report.jsonl', lines), storedEntry('../../outside', '')])
  await expect(readBlob(altered)).rejects.toThrow('"../../outside" in it is no attached file')
  await write(lines.replaceAll('"onStepBegin"', '"onStepDance"'))
  const unknown = await readBlob(altered)
  expect(() => splitBlob(unknown)).toThrow('the event "onStepDance" in it is not known')
})

checkLeaks()
