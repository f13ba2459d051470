import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../fixtures/leaks.ts'
import { ownOwner } from '../fixtures/own-owner.ts'
import { fledge, image, prepareImage } from './run-fledge.ts'
import { type FinishedRun, resultOf, testProject } from './test-project.ts'

prepareImage()

const spec = `
import { expect, test } from 'fledge/test'
import { folder } from './choose.js'
test.use({ image: '${image}', network: 'none', evidence: 'always', shares: { '/mnt/dist': folder } })
test('reads what it is given', async ({ vm }) => {
  expect((await vm.succeed('cat /mnt/dist/hello')).stdout).toContain('hello')
})
`

/** The titles of tests that did not run. */
function cached({ results }: FinishedRun): string[] {
  return [...results]
    .filter(([, all]) => all.some(({ annotations }) => annotations.some(({ type }) => type === 'cached')))
    .map(([title]) => title)
}

test('a test runs again when what its machine was given has changed, and its evidence is kept', async () => {
  const verdicts = await mkdtemp(join(tmpdir(), 'fledge-verdicts-'))
  await using _owner = await ownOwner()
  await using project = await testProject({
    'choose.js': `export const folder = ['.', 'dist'].join('/')\n`,
    'machine.spec.js': spec,
    'none.spec.js': `import { test } from 'fledge/test'\ntest('needs no machine', () => {})\n`,
    'dist/hello': 'hello\n',
  })
  const run = (...args: string[]): Promise<FinishedRun> =>
    project.run('--sandbox', '--verdicts', verdicts, '--reporter', 'json', ...args)
  const first = await run()
  expect(first.exitCode, first.output).toBe(0)
  expect(cached(first)).toEqual([])
  const names = resultOf(first, 'reads what it is given').attachments.map(({ name }) => name)
  expect(names).toContain('console.log')

  const second = await run()
  expect(cached(second).toSorted()).toEqual(['needs no machine', 'reads what it is given'])
  expect(resultOf(second, 'reads what it is given').attachments.map(({ name }) => name)).toEqual(names)

  await writeFile(join(project.folder, 'dist/hello'), 'hello again\n')
  const why = await fledge(['why', 'machine.spec.js', '--verdicts', verdicts], { cwd: project.folder })
  expect(why.stdout.toString()).toContain(`\n  changed  dist (given to a machine of ${image})\n`)
  const third = await run()
  expect(cached(third)).toEqual(['needs no machine'])
  expect(third.exitCode, third.output).toBe(0)
  expect(cached(await run()).toSorted()).toEqual(['needs no machine', 'reads what it is given'])
  await rm(verdicts, { recursive: true })
})

checkLeaks()
