import { expect, test } from '@playwright/test'

import { checkLeaks } from '../fixtures/leaks.ts'
import { testProject } from './test-project.ts'

const spec = `
import { test } from 'fledge/test'
test('a test', async ({ vm }) => { await vm.succeed('true') })
`

test('fledge test --image runs tests on all images that a pattern means', async () => {
  await using project = await testProject({ 'a.spec.ts': spec })
  const { exitCode, output } = await project.run('--image', 'debian:*-minimal', '--list')
  expect(output).toContain('Total: 4 tests')
  expect(exitCode).toBe(0)
  for (const name of ['debian:12-minimal', 'debian:13-minimal', 'debian:testing-minimal']) {
    expect(output).toContain(`[${name}] › a.spec.ts`)
  }
})

test('matrix() in a configuration takes the same', async () => {
  await using project = await testProject({
    'playwright.config.ts': `import { matrix } from 'fledge/test'
export default { projects: matrix({ image: ['debian:1*-minimal', 'debian:stable'] }) }`,
    'a.spec.ts': spec,
  })
  const { exitCode, output } = await project.run('--list')
  expect(output).toContain('Total: 3 tests')
  expect(exitCode).toBe(0)
  for (const name of ['debian:12-minimal', 'debian:13-minimal', 'debian:13']) {
    expect(output).toContain(`[${name}] › a.spec.ts`)
  }
})

test('a test on an image that does not go with its options fails at once, and says why', async () => {
  await using project = await testProject({
    'a.spec.ts': `${spec}\ntest.use({ image: 'freebsd:15.1', guestChannel: 'agent' })`,
  })
  const { exitCode, output } = await project.run()
  expect(exitCode).toBe(1)
  expect(output).toContain(
    'Cannot use the channel "agent" for "freebsd:15.1": its system cannot run the agent',
  )
})

checkLeaks()
