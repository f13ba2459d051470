import { join } from 'node:path'

import type { Figures } from '../figures.ts'
import type { Subject } from '../subject.ts'
import { testProject } from '../test-project.ts'
import { summarize } from '../times.ts'
import { wholeProcess } from '../whole-process.ts'

const files = 10
const testsOfFile = 5
const rounds = 2

/**
 * Runs 50 tests in machines plainly and sealed, in turns; then sealed once more, so that all are remembered, in turns with the runner's own
 * empty test.
 */
export async function sealed({
  image,
  signal,
  update,
}: Subject): Promise<Pick<Figures, 'sealed' | 'cachedSuite'>> {
  const spec = `import { test } from 'fledge/test'
test.use({ image: '${image}', network: 'none' })
for (let turn = 1; turn <= ${testsOfFile}; turn++) {
  test('machine ' + turn, async ({ vm }) => void (await vm.succeed(['true'])))
}
`
  const specs = Array.from({ length: files }, (_, index) => [`suite-${index}.spec.js`, spec] as const)
  await using project = await testProject({
    ...Object.fromEntries(specs),
    'playwright.config.js': 'export default { fullyParallel: true, timeout: 0, retries: 1 }\n',
  })
  await using empty = await testProject({
    'empty.spec.js': "import { test } from '@playwright/test'\ntest('nothing', () => {})\n",
  })
  if (!project || !empty) return {}
  const run = (...args: readonly string[]): Promise<number> =>
    wholeProcess([project.fledge, 'test', ...args], { signal, cwd: project.folder })
  const verdicts = ['--sandbox', '--verdicts', join(project.folder, 'node_modules/.verdicts')]
  // The owner of machines is a process that is there already when one works on tests.
  await run('--sandbox', '--repeat', '2', 'suite-0', '-g', 'machine 1')
  const times = {
    plain: [] as number[],
    sealed: [] as number[],
    cached: [] as number[],
    empty: [] as number[],
  }
  for (let turn = 1; turn <= rounds; turn++) {
    update(`50 tests, plainly and sealed, turn ${turn} of ${rounds}`)
    times.plain.push(await run())
    times.sealed.push(await run(...verdicts, '--rerun'))
  }
  // An emulated kernel crashes now and then, and what needed a second attempt is not remembered.
  await run(...verdicts)
  for (let turn = 1; turn <= 2 * rounds + 1; turn++) {
    update(`50 tests that are remembered, turn ${turn} of ${2 * rounds + 1}`)
    times.cached.push(await run(...verdicts))
    times.empty.push(await wholeProcess([empty.runner, 'test'], { signal, cwd: empty.folder }))
  }
  const tests = files * testsOfFile
  const first = summarize(times.sealed)
  return {
    sealed: { tests, plain: summarize(times.plain), sealed: first },
    cachedSuite: { tests, first, cached: summarize(times.cached), empty: summarize(times.empty) },
  }
}
