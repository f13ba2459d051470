import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { digestSource } from '../../../../src/sandbox/verdict/digest-source.ts'
import type { KnownInputs } from '../../../../src/sandbox/verdict/known-inputs.ts'
import { lastVerdict } from '../../../../src/sandbox/verdict/last-verdict.ts'
import { launchNow } from '../../../../src/sandbox/verdict/launch-now.ts'
import { Memory, type MemoryOptions } from '../../../../src/sandbox/verdict/memory.ts'
import { changesOf, shownPart } from '../../../../src/sandbox/verdict/part.ts'
import { portable } from '../../../../src/sandbox/verdict/portable-launch.ts'
import { readBlob } from '../../../../src/sandbox/verdict/read-blob.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'
import { test } from '../../test-in-folder.ts'
import { makeProject, runToBlob } from './run-playwright.ts'

const files = {
  'playwright.config.js': `export default {
  projects: [{ name: 'setup', testMatch: 'setup.js' }, { name: 'main', testMatch: '*.spec.js', dependencies: ['setup'] }, { name: 'free', testMatch: 'b.spec.js' }],
}`,
  'shared.js': 'export const value = 1\n',
  'setup.js': `import { test } from '@playwright/test'\ntest('set up', () => {})\n`,
  'a.spec.js': `import { test } from '@playwright/test'\nimport './shared.js'\ntest('a', () => {})\n`,
  'b.spec.js': `import { test } from '@playwright/test'\ntest('b', () => {})\n`,
  'package-lock.json': '{}',
}

/** What such a project is known to depend on; files that are read before they run are in `read`. */
function inputsOf(home: string, environment: KnownInputs['environment'] = {}): KnownInputs {
  const at = (name: string): string => join(home, name)
  return {
    home,
    configFiles: [at('playwright.config.js')],
    shared: [at('package-lock.json')],
    declared: [],
    environment,
    files: new Map([
      [at('setup.js'), [at('setup.js')]],
      [at('a.spec.js'), [at('a.spec.js'), at('shared.js')]],
      [at('b.spec.js'), [at('b.spec.js')]],
    ]),
    tests: new Map([
      [at('setup.js'), [{ id: 's', project: 'setup' }]],
      [at('a.spec.js'), [{ id: 'a', project: 'main' }]],
      [
        at('b.spec.js'),
        [
          { id: 'b', project: 'main' },
          { id: 'c', project: 'free' },
        ],
      ],
    ]),
    projects: [
      { name: 'setup', dependencies: [] },
      { name: 'main', dependencies: ['setup'] },
      { name: 'free', dependencies: [] },
    ],
  }
}

const { signal } = new AbortController()

function optionsOf(cache: string, inputs: KnownInputs): MemoryOptions {
  const place = { place: join(cache, 'verdicts'), isServer: false, writes: true }
  return { place, inputs, options: [shownPart('option', '--retries', '0')], playwright: '1', signal }
}

/** The test files whose verdicts hold. */
async function heldBy(options: MemoryOptions): Promise<readonly string[]> {
  await using memory = await Memory.open(options)
  return [...(await memory.recall({ wantsEvidence: true })).keys()].toSorted()
}

const all = ['a.spec.js', 'b.spec.js', 'setup.js']

test('what passed is remembered until something that it depends on changes', async ({ folder, cache }) => {
  await makeProject(folder, files)
  const options = optionsOf(cache, inputsOf(folder))
  {
    const ran = await readBlob(await runToBlob(folder))
    await using memory = await Memory.open(options)
    const { kept, refused } = await memory.remember(ran, [])
    expect([kept.map(({ file }) => file).toSorted(), refused]).toEqual([all, new Map()])
  }
  expect(await heldBy(options)).toEqual(all)

  // The set-up runs with whatever depends on it; b.spec.js has seen nothing of what changed, but runs with it in one project.
  await writeFile(join(folder, 'shared.js'), 'export const value = 2\n')
  expect(await heldBy(options)).toEqual(['b.spec.js'])
  await writeFile(join(folder, 'shared.js'), files['shared.js'])
  expect(await heldBy(options)).toEqual(all)

  // A change of the set-up is one of all that depends on it.
  await writeFile(join(folder, 'setup.js'), `${files['setup.js']}// changed\n`)
  expect(await heldBy(options)).toEqual([])
  await writeFile(join(folder, 'setup.js'), files['setup.js'])

  for (const [what, other] of Object.entries<Partial<MemoryOptions>>({
    'another option': { options: [shownPart('option', '--retries', '1')] },
    'another Playwright': { playwright: '2' },
    'another variable': { inputs: inputsOf(folder, { A: '1' }) },
    'another choice of tests': {
      inputs: {
        ...options.inputs,
        tests: new Map(
          [...options.inputs.tests].map(([file, tests]) => [
            file,
            tests.map(({ project }) => ({ id: 'x', project })),
          ]),
        ),
      },
    },
  })) {
    expect(await heldBy({ ...options, ...other }), what).toEqual([])
  }
  await writeFile(join(folder, 'package-lock.json'), '{ }')
  expect(await heldBy(options)).toEqual([])
  await using memory = await Memory.open(options)
  const last = await lastVerdict(options.place, folder, 'a.spec.js')
  const changes = changesOf(last?.parts ?? [], memory.parts.get('a.spec.js') ?? [])
  expect(changes).toEqual([{ kind: 'shared', name: 'package-lock.json', how: 'changed' }])
})

test('a copy of a project elsewhere has the verdicts of the first', async ({ folder, cache }) => {
  const [first, second] = [join(folder, 'first'), join(folder, 'second')]
  for (const each of [first, second]) await makeProject(each, files)
  const options = optionsOf(cache, inputsOf(first))
  {
    const ran = await readBlob(await runToBlob(first))
    await using memory = await Memory.open(options)
    await memory.remember(ran, [])
  }
  expect(await heldBy(optionsOf(cache, inputsOf(second)))).toEqual(all)
})

test('nothing is remembered of a file that changed while it ran, and nothing of a run with other errors', async ({
  folder,
  cache,
}) => {
  await makeProject(folder, files)
  const options = optionsOf(cache, inputsOf(folder))
  const ran = await readBlob(await runToBlob(folder))
  await using memory = await Memory.open(options)
  await writeFile(join(folder, 'shared.js'), 'changed')
  const { kept, refused } = await memory.remember(ran, [])
  expect(kept.map(({ file }) => file).toSorted()).toEqual(['b.spec.js', 'setup.js'])
  expect([...refused]).toEqual([['a.spec.js', expect.stringContaining('has changed while it ran')]])
  const error = { method: 'onError', params: { error: { message: 'a worker broke' } } }
  const broken = await memory.remember({ ...ran, events: [...ran.events, error] }, [])
  expect(broken.kept).toEqual([])
})

test('what machines were given is looked at again, and stands for its content wherever the project is', async ({
  folder,
  cache,
}) => {
  const [first, second] = [join(folder, 'first'), join(folder, 'second')]
  for (const each of [first, second]) {
    await makeProject(each, files)
    await mkdir(join(each, 'dist'))
    await writeFile(join(each, 'dist/hello'), 'hello')
  }
  const source = join(first, 'dist')
  // No image has this name, so that nothing is built for it.
  const seen = {
    image: 'none:1',
    options: { shares: { '/mnt': source, '/two': { source } }, memoryMiB: 512 },
    templateKey: 'key',
    sources: [{ path: source, digest: await digestSource(source) }],
  }
  const kept = portable(seen, first)
  expect(JSON.stringify(kept)).not.toContain(folder)
  expect(kept.sources[0]?.path).toBe('dist')
  expect(await launchNow(second)(kept)).toBeUndefined()

  const options = optionsOf(cache, inputsOf(first))
  const ran = await readBlob(await runToBlob(first))
  await using memory = await Memory.open(options)
  const file = join(first, 'b.spec.js')
  const { kept: entries } = await memory.remember(ran, [
    { ...seen, file },
    { ...seen, file },
  ])
  expect(Object.fromEntries(entries.map((entry) => [entry.file, entry.launches]))).toEqual({
    'a.spec.js': [],
    'b.spec.js': [kept],
    'setup.js': [],
  })
  // A machine that cannot be made now is not what it was.
  expect([...(await memory.recall({ wantsEvidence: false })).keys()].toSorted()).toEqual(['a.spec.js'])
})

checkLeaks()
