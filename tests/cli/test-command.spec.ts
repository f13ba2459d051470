import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'
import type { JSONReportTestResult } from '@playwright/test/reporter'

import { checkLeaks } from '../fixtures/leaks.ts'
import { image, prepareImage } from './run-fledge.ts'
import { resultOf, testProject, type FinishedRun, type TestProject } from './test-project.ts'

prepareImage()

/** What a test file needs to tell which processes are its machine's. */
const findMachine = `
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'fledge/test'
const machines = () =>
  readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8')
    .trim()
    .split(' ')
    .filter((pid) => pid !== '' && readFileSync('/proc/' + pid + '/comm', 'utf8').startsWith('qemu'))
const note = () => writeFileSync('pids.json', JSON.stringify({ worker: process.pid, machines: machines() }))
`

const hanging = `${findMachine}
test('hangs', async ({ vm }) => {
  note()
  await vm.succeed('sleep 1000')
})
`

test.describe('a run with all kinds of tests', () => {
  let project: TestProject
  let run: FinishedRun

  test.beforeAll(async () => {
    test.setTimeout(600_000)
    project = await testProject({
      'a/file': 'of a\n',
      'b/file': 'of b\n',
      'own-fixtures.spec.ts': `
import { test as base } from 'fledge/test'
const mine = [async ({}, use) => use('/nowhere'), { scope: 'test' }]
const test = base.extend({ folder: mine, hardware: mine, preparation: mine, template: mine })
test.use({ image: '${image}', shares: { '/mnt/a': './a' } })
test('own fixtures', async ({ vm, folder, hardware, preparation, template }) => {
  await vm.succeed('test "' + folder + hardware + preparation + template + '" = /nowhere/nowhere/nowhere/nowhere')
  await vm.succeed('grep "of a" /mnt/a/file')
})
`,
      'kinds.spec.ts': `${findMachine}
test.use({
  image: '${image}',
  network: 'none',
  shares: { '/mnt/a': './a', '/mnt/b': { source: './b', access: 'overlay' } },
})

test('two shares', async ({ vm }) => {
  const { stdout } = await vm.succeed('cat /mnt/a/file\\ncat /mnt/b/file')
  expect(stdout).toBe('of a\\nof b\\n')
  await vm.succeed('touch /root/made')
})

test('a fresh machine', async ({ vm }) => {
  await vm.fail('ls /root/made')
})

test('no machine', () => {
  expect(machines()).toEqual([])
})

test('a failing command', async ({ vm }) => {
  await vm.fail('systemd-run --wait --unit=broken false')
  await vm.succeed('echo words on the console > /dev/console; logger words in the journal')
  await vm.succeed('echo why >&2; exit 3')
})

test('a slow verb', async ({ vm }) => {
  test.setTimeout(5_000)
  await vm.succeed('echo begun; sleep 1000')
})

test('a test that hangs', async ({ vm }) => {
  note()
  test.setTimeout(4_000)
  await vm.succeed('true')
  await new Promise(() => {})
})

test('a dead machine', async ({ vm }) => {
  await vm.crash()
  await vm.succeed('true')
})

test('a hook after a slow verb', async ({ vm }) => {
  test.setTimeout(4_000)
  await vm.succeed('sleep 1000')
})

test.afterEach(async ({ vm }, testInfo) => {
  if (testInfo.title.includes('hook')) await vm.succeed('true')
})

test.describe('an image that does not exist', () => {
  test.use({ image: 'debian:13-minimall' })
  test('an unknown image', async ({ vm }) => {
    await vm.succeed('true')
  })
})
`,
    })
    run = await project.run('--reporter', 'list,json', '--workers', '1')
  })

  test.afterAll(async () => {
    await project[Symbol.asyncDispose]()
  })

  const result = (title: string): JSONReportTestResult => resultOf(run, title)
  const attachment = async (title: string, name: string): Promise<string> => {
    const path = result(title).attachments.find((each) => each.name === name)?.path
    return path === undefined ? `[no ${name}]` : readFile(path, 'latin1')
  }
  const messages = (title: string): string =>
    result(title)
      .errors.map(({ message }) => message)
      .join('\n')

  test('mounts two shares given by test.use, relative to the folder', () => {
    expect(result('two shares').status).toBe('passed')
  })

  test('leaves names of fixtures to those whose tests they are', () => {
    expect(result('own fixtures').status, run.output).toBe('passed')
  })

  test('gives each test a fresh machine, and none to one that asks for none', () => {
    expect(result('a fresh machine').status).toBe('passed')
    expect(result('no machine').status).toBe('passed')
  })

  test('makes each verb a step with a duration, at the line that called it', () => {
    const steps = result('two shares').steps ?? []
    expect(steps.map(({ title }) => title)).toEqual([
      String.raw`succeed: cat /mnt/a/file\ncat /mnt/b/file`,
      'succeed: touch /root/made',
    ])
    for (const { duration } of steps) expect(duration).toBeGreaterThan(5)
    const { location } = result('a failing command').errors[0] ?? {}
    expect(location?.file).toBe(join(project.folder, 'kinds.spec.ts'))
  })

  test('shows what a command said, and attaches the evidence', async () => {
    const title = 'a failing command'
    expect(messages(title)).toContain('"echo why >&2; exit 3" failed with exit code 3\nstderr:\n  why')
    expect(await attachment(title, 'console.log')).toContain('words on the console')
    expect(await attachment(title, 'journal.txt')).toContain('words in the journal')
    expect(await attachment(title, 'failed-units.txt')).toContain('broken.service')
    expect(await attachment(title, 'screen.png')).toMatch(/^\u0089PNG/)
    expect(await attachment(title, 'timeline.html')).toContain('Machine timeline')
    expect(result('two shares').attachments).toEqual([])
  })

  test('ends a verb before the test, with its own error', () => {
    expect(result('a slow verb').status).toBe('failed')
    expect(messages('a slow verb')).toMatch(
      /"echo begun; sleep 1000" did not end within \d+ ms: that was all that was left of the test's 5000 ms\nstdout:\n {2}begun/,
    )
  })

  test('stops the machine of a test whose time is over', async () => {
    expect(result('a test that hangs').status).toBe('timedOut')
    expect(await attachment('a test that hangs', 'timeline.html')).toContain('Machine timeline')
    await expectGone(project)
  })

  test('has hooks of a test whose time is over use the machine', () => {
    const [first, ...others] = result('a hook after a slow verb').errors
    expect(first?.message).toContain('did not end within')
    expect(others).toEqual([])
  })

  test('keeps the console of a dead machine, and says what is not there', async () => {
    const names = result('a dead machine').attachments.map(({ name }) => name)
    expect(names.filter((name) => name !== 'error-context')).toEqual([
      'console.log',
      'not-collected.txt',
      'timeline.html',
    ])
    const notes = await attachment('a dead machine', 'not-collected.txt')
    expect(notes).toMatch(
      /^journal.txt: .+\nfailed-units.txt: .+\nkernel-errors.txt: .+\ncoredumps.txt: .+\nscreen.png: .+\n$/,
    )
  })

  test('names the nearest image for one that is unknown', () => {
    expect(messages('an unknown image')).toContain('debian:13-minimall')
    expect(messages('an unknown image')).toContain('Did you mean "debian:13-minimal"')
  })

  test('shows the accelerator and the factor of time limits once', () => {
    const [annotation] = result('two shares').annotations
    expect(annotation?.type).toBe('machine')
    expect(annotation?.description).toMatch(/^debian:13-minimal, (kvm$|tcg, time limits × \d+$)/)
    if (annotation?.description?.includes('tcg')) expect(run.output.match(/times as long/g)).toHaveLength(1)
    expect((run.output.match(/KVM does not work here/g) ?? []).length).toBeLessThan(2)
  })

  test('ends with exit code 1', () => {
    expect(run.exitCode).toBe(1)
  })
})

test('runs a file of any name on the image of --image, whatever it says itself, and ends with exit code 0', async () => {
  await using project = await testProject({
    'check.ts': `
import { test } from 'fledge/test'
test.use({ image: 'debian:none', evidence: 'always' })
test('runs', async ({ vm }) => {
  await vm.succeed('grep trixie /etc/os-release')
})
`,
  })
  const run = await project.run('check.ts', '--image', image, '--reporter', 'list,json')
  expect(run.exitCode, run.output).toBe(0)
  const result = resultOf(run, 'runs')
  expect(result.status).toBe('passed')
  const names = result.attachments.map(({ name }) => name) ?? []
  // The kernel may have complained while it booted.
  expect(names.filter((name) => name !== 'kernel-errors.txt')).toEqual([
    'console.log',
    'journal.txt',
    'screen.png',
    'timeline.html',
  ])
})

test('runs the projects of the own configuration, and those of --image in their place', async () => {
  await using project = await testProject({
    'vm/playwright.config.ts': `
import { defineConfig } from '@playwright/test'
import { matrix } from 'fledge/test'
export default defineConfig({ testDir: 'deep', projects: matrix({ image: ['debian:12-minimal', '${image}'] }) })
`,
    'vm/deep/one.spec.ts': `
import { test } from 'fledge/test'
test('one', async ({ vm }) => {
  await vm.succeed('true')
})
`,
    'one.spec.ts': 'not a test',
  })
  const own = await project.run('--list', 'vm')
  expect(projects(own), own.output).toEqual(['debian:12-minimal', 'debian:13-minimal'])
  const others = await project.run(
    '--list',
    'vm/deep/one.spec.ts',
    '--image',
    'debian:11-minimal,debian:testing-minimal',
  )
  expect(projects(others), others.output).toEqual(['debian:11-minimal', 'debian:testing-minimal'])
  const one = await project.run('vm', '--image', image)
  expect(one.output).toContain('1 passed')
  expect(one.exitCode).toBe(0)
})

test('takes a configuration that is a CommonJS module', async () => {
  await using project = await testProject({
    'package.json': '{}',
    'playwright.config.ts': `
import { defineConfig } from '@playwright/test'
export default defineConfig({ testMatch: '*.check.ts', projects: [{ name: 'quick' }] })
`,
    'one.check.ts': `
import { test } from '@playwright/test'
test('one', () => {})
`,
  })
  const run = await project.run('--image', image)
  expect(run.output).toContain('[quick on debian:13-minimal] › one.check.ts')
  expect(run.exitCode).toBe(0)
})

test('says what is wrong with its arguments', async () => {
  await using project = await testProject({})
  const none = await project.run('none.spec.ts')
  expect(none.output).toContain('No tests found')
  expect(none.exitCode).toBe(1)
  const wrong = await project.run('--config', 'none.config.ts')
  expect(wrong.output).toContain('Cannot use the configuration "none.config.ts"')
  expect(wrong.exitCode).not.toBe(0)
  const twice = await project.run('--image', `${image},${image}`)
  expect(twice.output).toContain(`"${image}" is there twice`)
  expect(twice.exitCode).not.toBe(0)
})

for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
  test(`leaves nothing when it gets ${signal}`, async () => {
    await using project = await testProject({ 'hang.spec.ts': hanging })
    const run = project.start('--reporter', 'list')
    await noted(project)
    run.process.kill(signal)
    const { exitCode } = await run.finished
    expect(exitCode).toBe({ SIGINT: 130, SIGTERM: 143, SIGKILL: null }[signal])
    await expectGone(project)
  })
}

test('leaves nothing when a worker is killed, and tells of it', async () => {
  await using project = await testProject({ 'hang.spec.ts': hanging })
  const run = project.start('--reporter', 'list', '--retries', '0')
  const { worker } = await noted(project)
  process.kill(worker, 'SIGKILL')
  const { exitCode, output } = await run.finished
  expect(exitCode).toBe(1)
  expect(output).toContain('worker process exited unexpectedly')
  await expectGone(project)
})

/** The names of the projects in a list of tests. */
function projects({ output }: FinishedRun): string[] {
  return output.match(/(?<=\[)[^\]]+(?=\] › )/g) ?? []
}

interface Pids {
  readonly worker: number
  readonly machines: readonly string[]
}

/** Waits until the test has a machine. */
async function noted({ folder }: TestProject): Promise<Pids> {
  const path = join(folder, 'pids.json')
  const read = async (): Promise<Pids | undefined> => {
    const text = existsSync(path) ? await readFile(path, 'utf8') : ''
    return text === '' ? undefined : (JSON.parse(text) as Pids)
  }
  await expect.poll(read, { timeout: 300_000 }).toBeDefined()
  const pids = (await read()) as Pids
  expect(pids.machines).toHaveLength(1)
  return pids
}

/** Waits until neither the worker nor its machine is there any more. */
async function expectGone(project: TestProject): Promise<void> {
  const { worker, machines } = await noted(project)
  const left = (): string[] => [String(worker), ...machines].filter((pid) => existsSync(`/proc/${pid}/fd/0`))
  await expect.poll(left, { timeout: 20_000 }).toEqual([])
  await writeFile(join(project.folder, 'pids.json'), '')
}

checkLeaks()
