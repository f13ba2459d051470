import { expect, test } from '@playwright/test'

import { checkLeaks } from '../fixtures/leaks.ts'
import { image, prepareImage } from './run-fledge.ts'
import { resultOf, testProject } from './test-project.ts'

prepareImage()

test('a test in whose machine something crashed fails and tells what, unless it says that it may', async () => {
  await using project = await testProject({
    'crashes.spec.ts': `
import { expect, test } from 'fledge/test'
test.use({ image: '${image}' })

test('crashes', async ({ vm }) => {
  await vm.execute('kill -SEGV $$')
})

test('works', async ({ vm }) => {
  await expect(vm).toSucceed('true')
})

test('fails before', async ({ vm }) => {
  await vm.execute('kill -SEGV $$')
  expect(1).toBe(2)
})

test.describe('where that is allowed', () => {
  test.use({ coredumps: 'allow' })
  test('may crash', async ({ vm }) => {
    await vm.execute('kill -SEGV $$')
    expect(await vm.coredumps()).toEqual([])
    await vm.catchCoredumps()
    await vm.execute('kill -ABRT $$')
    expect(await vm.coredumps()).toMatchObject([{ signal: 'SIGABRT' }])
  })
})
`,
  })
  const run = await project.run('--reporter', 'json,list', '--workers', '1')
  expect(run.exitCode).toBe(1)
  const crashes = resultOf(run, 'crashes')
  expect(crashes.status).toBe('failed')
  expect(crashes.error?.message).toMatch(/On ".*" crashed:\n {2}\/\S+sh \(\d+\) by SIGSEGV, kept in \//)
  expect(crashes.error?.message).toContain("coredumps: 'allow'")
  expect(crashes.attachments.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['journal.txt', 'coredumps.txt']),
  )
  expect(resultOf(run, 'works').status).toBe('passed')
  expect(resultOf(run, 'may crash').status).toBe('passed')
  // Its own failure is its reason.
  const before = resultOf(run, 'fails before')
  expect(before.errors).toHaveLength(1)
  expect(before.error?.message).toContain('toBe')
})

checkLeaks()
