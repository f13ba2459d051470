import type { Figures } from '../figures.ts'
import type { Subject } from '../subject.ts'
import { testProject } from '../test-project.ts'
import { wholeProcess } from '../whole-process.ts'

const tests = { fledge: 30, cold: 3 } as const

/** Runs 30 tests that each have a fresh machine, and 3 that each wait for one to boot, with the same runner. */
export async function suite({ image, signal, update }: Subject): Promise<Pick<Figures, 'suite'>> {
  await using project = await testProject({
    'playwright.config.js': 'export default { fullyParallel: true, timeout: 0 }\n',
    'fledge.spec.js': `import { test } from 'fledge/test'
test.use({ image: '${image}' })
for (let turn = 1; turn <= ${tests.fledge}; turn++) {
  test('machine ' + turn, async ({ vm }) => void (await vm.succeed(['true'])))
}
`,
    'cold.spec.js': `import { measureBoot } from 'fledge'
import { test } from 'fledge/test'
for (let turn = 1; turn <= ${tests.cold}; turn++) test('boot ' + turn, async () => void (await measureBoot('${image}')))
`,
  })
  if (!project) return {}
  const perMinute = async (kind: 'fledge' | 'cold'): Promise<number> => {
    update(`${tests[kind]} tests that ${kind === 'cold' ? 'boot' : 'clone'}`)
    const args = [project.fledge, 'test', `${kind}.spec.js`]
    return (tests[kind] * 60_000) / (await wholeProcess(args, { signal, cwd: project.folder }))
  }
  return {
    suite: {
      fledgePerMinute: await perMinute('fledge'),
      fledgeTests: tests.fledge,
      coldPerMinute: await perMinute('cold'),
      coldTests: tests.cold,
    },
  }
}
