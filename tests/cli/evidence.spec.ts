import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect, test } from '@playwright/test'
import type { JSONReportTestResult, JSONReportTestStep } from '@playwright/test/reporter'

import { checkLeaks } from '../fixtures/leaks.ts'
import { image, prepareImage } from './run-fledge.ts'
import { resultOf, testProject, type FinishedRun, type TestProject } from './test-project.ts'

prepareImage()

/** Given to commands as secrets, which must be nowhere in what a run leaves. Test files are in reports, and have them in two parts. */
const secrets = ['hunter2-and-more', 'hunter2-in-a-matcher']

const spec = `
import { expect, subtest, test } from 'fledge/test'
test.use({ image: '${image}', network: 'none' })

test('parts', async ({ vm }) => {
  await subtest('the first part', async () => {
    await vm.succeed('echo fine; echo aside >&2')
    await subtest.soft('a soft part', async () => {
      await vm.succeed('echo reason >&2; exit 3')
    })
    expect(await subtest('the inner part', async () => (await vm.execute('exit 4')).exitCode)).toBe(4)
  })
  await vm.succeed('touch /root/reached')
})

test('a secret', async ({ vm }) => {
  const env = { DB_PASSWORD: ['hunter2', 'and-more'].join('-') }
  const { stdout } = await vm.succeed('echo "$DB_PASSWORD" | tee /dev/console | logger --stderr 2>&1', { env })
  expect(stdout).toContain(env.DB_PASSWORD)
  expect.soft(stdout).toBe('shown by an assertion')
  const { token } = { token: ['hunter2', 'in-a-matcher'].join('-') }
  await expect.soft(vm).toSucceed('echo $API_TOKEN; exit 1', { env: { API_TOKEN: token }, timeoutMs: 500 * vm.timeFactor })
  await vm.succeed('echo in the command: ' + env.DB_PASSWORD)
  await vm.succeed('echo "$DB_PASSWORD" >&2; systemd-run --wait sh -c "echo $DB_PASSWORD; exit 3"', { env })
})

test('a late end', async ({ vm }) => {
  await vm.succeed('sleep 13')
  await vm.crash()
  await vm.succeed('true')
})

test('quiet', async ({ vm }) => {
  await vm.succeed('echo nobody asked')
})
`

test.describe('a run with all reporters', () => {
  let project: TestProject
  let run: FinishedRun

  test.beforeAll(async () => {
    test.setTimeout(600_000)
    project = await testProject({ 'parts.spec.ts': spec })
    run = await project.run('--reporter', 'list,json,html,blob,github', '--workers', '1')
  })

  test.afterAll(async () => {
    await project[Symbol.asyncDispose]()
  })

  const result = (title: string): JSONReportTestResult => resultOf(run, title)

  test('has verbs as steps of their subtests, each with its end and its output', () => {
    expect(titles(result('parts').steps)).toEqual([
      'the first part',
      '  succeed: echo fine; echo aside >&2',
      '    exit code 0, # ms',
      '    stdout: fine',
      '    stderr: aside',
      '  a soft part',
      '    succeed: echo reason >&2; exit 3',
      '      exit code 3, # ms',
      '      stderr: reason',
      '  the inner part',
      '    execute: exit 4',
      '      exit code 4, # ms',
      'succeed: touch /root/reached',
      '  exit code 0, # ms',
    ])
  })

  test('goes on after a soft failure, and fails by it', () => {
    const { status, errors } = result('parts')
    expect(status).toBe('failed')
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringContaining('"echo reason >&2; exit 3" failed with exit code 3\nstderr:\n  reason'),
    ])
    expect(errors[0]?.location).toMatchObject({ file: join(project.folder, 'parts.spec.ts'), line: 9 })
  })

  test('tells the steps of a failed test in the terminal as a tree, and nothing of one that passed', () => {
    const tree = run.output.replaceAll(/\d+ ms|\d+\.\d s/g, '# ms')
    expect(tree).toContain(`fledge: steps of "parts" (parts.spec.ts:5)
  ✓ the first part  (# ms)`)
    expect(tree).toContain(`
    ✗ a soft part  (# ms)
      ✗ succeed: echo reason >&2; exit 3  (exit code 3, # ms)
          stderr: reason
    ✓ the inner part  (# ms)
      ✓ execute: exit 4  (exit code 4, # ms)
  ✓ succeed: touch /root/reached  (exit code 0, # ms)
`)
    expect(run.output).not.toContain('nobody asked')
    expect(tree).toMatch(
      / {2}the console's end:\n(?: {4}.+\n)* {4}••••••\n {2}more of it: test-results\/parts-a-secret\n/,
    )
  })

  test('has no secret in anything that it leaves', async () => {
    const [error] = result('a secret').errors
    expect(error?.message).toContain('••••••')
    const files = await readdir(project.folder, { recursive: true, withFileTypes: true })
    const written = files.filter((file) => file.isFile())
    const leaking = await Promise.all(
      written.map(async ({ parentPath, name }) => {
        const text = await readFile(join(parentPath, name), 'latin1')
        return secrets.some((each) => text.includes(each)) ? [join(parentPath, name)] : []
      }),
    )
    expect(leaking.flat()).toEqual([])
    expect(run.output.split('\n').filter((line) => secrets.some((each) => line.includes(each)))).toEqual([])
  })

  test('has the last picture of a machine that is gone, and says so', async () => {
    const { attachments } = result('a late end')
    const path = (name: string): string =>
      attachments.find((each) => each.name === name)?.path ?? `no ${name}`
    expect((await readFile(path('screen.png'), 'latin1')).slice(1, 4)).toBe('PNG')
    const notes = await readFile(path('not-collected.txt'), 'utf8')
    expect(notes).toMatch(/^screen\.png: it is of \d{4}-.+Z, the last before that$/m)
  })

  test('annotates failures on GitHub at their lines', () => {
    expect(run.output).toMatch(/::error file=parts\.spec\.ts,title=.*parts.*,line=9/)
  })

  test('can be merged from blobs into reports of other kinds', async () => {
    const cli = join(import.meta.dirname, '../../node_modules/@playwright/test/cli.js')
    const env = { ...process.env, PLAYWRIGHT_JUNIT_OUTPUT_NAME: join(project.folder, 'junit.xml') }
    await promisify(execFile)(
      process.execPath,
      [cli, 'merge-reports', '--reporter', 'junit', 'blob-report'],
      {
        cwd: project.folder,
        env,
      },
    )
    const junit = await readFile(join(project.folder, 'junit.xml'), 'utf8')
    expect(junit).toContain('tests="4" failures="1" skipped="0" errors="2"')
    expect(junit).toMatch(/<testcase name="parts"/)
    expect(junit).toContain('failed with exit code 3')
  })
})

test('tells every step with --verbose as it ends, with the end of its output', async () => {
  await using project = await testProject({ 'parts.spec.ts': spec })
  const run = await project.run('--verbose', '-g', 'quiet', '--reporter', 'list')
  expect(run.exitCode, run.output).toBe(0)
  expect(run.output.replaceAll(/\d+ ms|\d+\.\d s/g, '# ms'))
    .toContain(`fledge: steps of "quiet" (parts.spec.ts:33)
  ✓ succeed: echo nobody asked  (exit code 0, # ms)
      stdout: nobody asked
`)
})

/** The titles of steps, deeper ones farther in, without how long they took. */
function titles(steps: readonly JSONReportTestStep[] = [], depth = 0): string[] {
  return steps.flatMap(({ title, steps: inner }) => [
    '  '.repeat(depth) + title.replace(/\d+ ms|\d+\.\d s/, '# ms'),
    ...titles(inner, depth + 1),
  ])
}

checkLeaks()
