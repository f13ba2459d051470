import type { Figures } from '../figures.ts'
import type { Subject } from '../subject.ts'
import { testProject } from '../test-project.ts'
import { summarize } from '../times.ts'
import { wholeProcess } from '../whole-process.ts'

const rounds = 5

/** Runs one test in a machine as a whole process, and the runner's own empty test in turns with it. */
export async function test({ image, signal, update }: Subject): Promise<Pick<Figures, 'test'>> {
  await using project = await testProject({
    'machine.spec.js': `import { test } from 'fledge/test'
test.use({ image: '${image}' })
test('true', async ({ vm }) => void (await vm.succeed(['true'])))
`,
    'empty.spec.js': `import { test } from '@playwright/test'
test('nothing', () => {})
`,
  })
  if (!project) return {}
  const where = { signal, cwd: project.folder }
  const times = { fledge: [] as number[], empty: [] as number[] }
  for (let turn = 1; turn <= rounds; turn++) {
    update(`turn ${turn} of ${rounds}`)
    times.fledge.push(await wholeProcess([project.fledge, 'test', 'machine.spec.js'], where))
    times.empty.push(await wholeProcess([project.runner, 'test', 'empty.spec.js'], where))
  }
  return { test: { fledge: summarize(times.fledge), empty: summarize(times.empty) } }
}
