import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../fixtures/leaks.ts'
import { fledge, prepareImage, type Run } from './run-fledge.ts'
import { testProject, type TestProject } from './test-project.ts'

prepareImage()

async function init(project: TestProject, ...args: string[]): Promise<Run> {
  const run = await fledge(['init', ...args], { cwd: project.folder })
  expect(run).toMatchObject({ code: 0, stderr: '' })
  return run
}

async function text(project: TestProject, path: string): Promise<string> {
  return readFile(join(project.folder, path), 'utf8')
}

test('what fledge init writes passes as it is written, and a second time it leaves all of it alone', async () => {
  await using project = await testProject({})
  await rm(join(project.folder, 'package.json'))
  const first = await init(project)
  const made = [
    'package.json',
    'playwright.config.ts',
    'tests/machines/first.spec.ts',
    '.gitignore',
    '.github/workflows/machines.yml',
    '.gitlab-ci.yml',
  ]
  expect(first.stdout.toString()).toMatch(
    new RegExp(`^${made.map((path) => `wrote  ${path}\n`).join('')}\nNext:\n`),
  )
  expect(JSON.parse(await text(project, 'package.json'))).toEqual({
    private: true,
    type: 'module',
    scripts: { test: 'fledge test' },
    devDependencies: {
      '@playwright/test': expect.stringMatching(/^\^\d/),
      fledge: expect.stringMatching(/^\^\d/),
    },
  })
  const run = await project.run('--reporter', 'list,json')
  expect(run.exitCode, run.output).toBe(0)
  expect([...run.results].map(([title, [result]]) => [title, result?.status])).toEqual([
    ['the machine sees the project', 'passed'],
    ['a service comes back when it is killed', 'passed'],
    ['the next machine knows nothing of it', 'passed'],
  ])
  const before = await Promise.all(made.map((path) => text(project, path)))
  const second = await init(project)
  for (const path of made) expect(second.stdout.toString()).toContain(`kept   ${path}: it `)
  expect(second.stdout.toString()).not.toMatch(/wrote|added|does not name/)
  expect(await Promise.all(made.map((path) => text(project, path)))).toEqual(before)
})

test('the pipelines give the runner KVM, keep the cache, and bring the evidence', async () => {
  await using project = await testProject({})
  await init(project, '--image', 'debian:12-minimal,debian:13-minimal+curl,nginx')
  const workflow = await text(project, '.github/workflows/machines.yml')
  expect(workflow).toMatch(/KERNEL=="kvm".* MODE="0666".*\/etc\/udev\/rules\.d\//)
  expect(workflow).toContain('path: ~/.cache/fledge')
  expect(workflow).toContain("key: fledge-${{ runner.os }}-${{ hashFiles('package-lock.json') }}")
  expect(workflow).toMatch(
    /upload-artifact@v\d+\n +with:\n +name: evidence\n +path: \|\n +playwright-report\n +test-results/,
  )
  expect(await text(project, '.gitlab-ci.yml')).toContain('paths: [playwright-report, test-results]')
  expect(await text(project, 'playwright.config.ts')).toContain(
    "matrix({ image: ['debian:12-minimal', 'debian:13-minimal+curl,nginx'] })",
  )
})

test('a project keeps what it has: its scripts, its dependencies, its kind of modules, its configuration', async () => {
  const config = "module.exports = { testDir: 'e2e' }\n"
  await using project = await testProject({
    'package.json': `{
    "name": "mine",
    "scripts": { "test": "vitest" },
    "dependencies": { "fledge": "file:../fledge" },
    "devDependencies": { "zod": "1.0.0" }
}`,
    'playwright.config.cjs': config,
    '.gitignore': 'mine\n',
    '.git/HEAD': '',
  })
  const { stdout } = await init(project, '--ci', 'github')
  expect(stdout.toString()).toContain(
    'added  to package.json: scripts.test:machines, devDependencies.@playwright/test\n' +
      'kept   playwright.config.cjs: it was there\n' +
      'wrote  tests/machines/first.spec.mts\n' +
      'kept   .gitignore: it was there\n' +
      'wrote  .github/workflows/machines.yml\n' +
      '\n"playwright.config.cjs" does not name these tests yet. A project of it may have\n' +
      "  testDir: 'tests/machines', projects: matrix({ image: ['debian:13-minimal'] })\n",
  )
  expect(await text(project, 'package.json')).toBe(`{
    "name": "mine",
    "scripts": {
        "test": "vitest",
        "test:machines": "fledge test"
    },
    "dependencies": {
        "fledge": "file:../fledge"
    },
    "devDependencies": {
        "@playwright/test": "^1.50.0",
        "zod": "1.0.0"
    }
}
`)
  expect(await text(project, 'playwright.config.cjs')).toBe(config)
  expect(await readdir(project.folder)).not.toContain('.gitlab-ci.yml')
})

test('its files are modules in a project that has others, and Playwright reads them', async () => {
  // As npm's own "npm init" leaves it.
  await using project = await testProject({
    'package.json':
      '{ "type": "commonjs", "scripts": { "test": "echo \\"Error: no test specified\\" && exit 1" } }',
  })
  await init(project, '--ci', 'none')
  expect(JSON.parse(await text(project, 'package.json'))).toMatchObject({
    type: 'commonjs',
    scripts: { test: 'fledge test' },
  })
  expect(
    (await readdir(project.folder, { recursive: true })).filter((path) => /\.m?ts$|yml$/.test(path)),
  ).toEqual(expect.arrayContaining(['playwright.config.mts', 'tests/machines/first.spec.mts']))
  const { exitCode, output } = await project.run('--list')
  expect(output).toContain('[debian:13-minimal] › first.spec.mts')
  expect(output).toContain('Total: 3 tests in 1 file')
  expect(exitCode).toBe(0)
})

test('fledge init overwrites nothing by a link, and says what it cannot add to', async () => {
  await using project = await testProject({ 'package.json': '{ "type": "module" ' })
  const run = (): Promise<Run> => fledge(['init'], { cwd: project.folder })
  expect(await run()).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^fledge: Cannot add to "package\.json": it is not JSON: .*\n {2}Mend it/),
  })
  expect(await readdir(project.folder)).toEqual(['node_modules', 'package.json'])
  await writeFile(join(project.folder, 'package.json'), '{ "scripts": [] }')
  expect((await run()).stderr).toContain('its "scripts" is not an object')
  await writeFile(join(project.folder, 'package.json'), '{}')
  await mkdir(join(project.folder, 'elsewhere'))
  await symlink('elsewhere/none.yml', join(project.folder, '.gitlab-ci.yml'))
  const { stdout } = await init(project)
  expect(stdout.toString()).toContain('kept   .gitlab-ci.yml: it was there')
  expect(await readdir(join(project.folder, 'elsewhere'))).toEqual([])
})

test('fledge init makes its folder, and says where pipelines have to be', async () => {
  await using project = await testProject({ '.git/HEAD': '' })
  const { stdout } = await init(project, "it's/new")
  expect(stdout.toString()).toContain(
    'Pipelines are looked for at the top of a repository only: move .github/workflows/machines.yml and .gitlab-ci.yml to "',
  )
  expect(stdout.toString()).toContain(String.raw`cd 'it'\''s/new'`)
  expect((await readdir(join(project.folder, "it's/new"))).toSorted()).toEqual([
    '.github',
    '.gitignore',
    '.gitlab-ci.yml',
    'package.json',
    'playwright.config.ts',
    'tests',
  ])
})

checkLeaks()
