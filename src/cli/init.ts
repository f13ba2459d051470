import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'

import { expandImages } from '../index.ts'
import { hasCode } from '../util/has-code.ts'
import { shellQuote } from '../util/shell-quote.ts'
import type { InitArguments } from './init-command.ts'
import { paint } from '../interactive/paint.ts'
import { print } from './print.ts'
import { configuration, matrixCode } from './starter/configuration.ts'
import { firstTest } from './starter/first-test.ts'
import { githubWorkflow } from './starter/github-workflow.ts'
import { gitlabPipeline } from './starter/gitlab-pipeline.ts'
import { starterPackage } from './starter/starter-package.ts'
import { codeFile, testFolder } from './starter/starter-files.ts'
import { configIn } from './test-config-file.ts'

/** What runs and tests leave in the folder. */
const ignored = ['node_modules', 'playwright-report', 'test-results', '.fledge-cache']

/** Makes a project of tests in a folder, tells what it wrote and what it left alone, and what to do next. */
export async function init(folder: string, { image: images, ci }: InitArguments): Promise<void> {
  expandImages(images)
  await mkdir(folder, { recursive: true })
  const isModule = await addToPackage(join(folder, 'package.json'))
  const config = configIn(folder)
  const configs = { [codeFile('playwright.config', { isModule })]: configuration({ images }) }
  const pipelines = {
    ...(ci.includes('github') ? { '.github/workflows/machines.yml': githubWorkflow } : {}),
    ...(ci.includes('gitlab') ? { '.gitlab-ci.yml': gitlabPipeline } : {}),
  }
  const files = {
    ...(config === undefined ? configs : {}),
    [`${testFolder}/${codeFile('first.spec', { isModule })}`]: firstTest,
    '.gitignore': ignored.map((each) => `${each}\n`).join(''),
    ...pipelines,
  }
  if (config !== undefined) tellKept(basename(config))
  for (const [path, text] of Object.entries(files)) {
    if (await writeNew(join(folder, path), text)) tell('green', 'wrote', path)
    else tellKept(path)
  }
  if (config !== undefined && !(await readFile(config, 'utf8')).includes(testFolder)) {
    const project = `testDir: '${testFolder}', projects: ${matrixCode({ images })}`
    print(`\n"${basename(config)}" does not name these tests yet. A project of it may have\n  ${project}`)
  }
  const root = ci.length > 0 ? repositoryAbove(resolve(folder)) : undefined
  if (root !== undefined) {
    const names = Object.keys(pipelines).join(' and ')
    print(`\nPipelines are looked for at the top of a repository only: move ${names} to "${root}"`)
  }
  print(`\nNext:\n${nextSteps(folder).join('\n')}`)
}

/** Adds what a `package.json` lacks. Gives whether code in its folder is of modules. */
async function addToPackage(path: string): Promise<boolean> {
  const before = await readFile(path, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  })
  const { text, added, isModule } = starterPackage(before, path, await versions())
  if (added.length === 0) {
    tellKept('package.json', 'it has all that it needs')
    return isModule
  }
  await writeFile(path, text)
  if (before === undefined) tell('green', 'wrote', 'package.json')
  else tell('green', 'added', `to package.json: ${added.join(', ')}`)
  return isModule
}

/** What tests need, as of this fledge. */
async function versions(): Promise<Readonly<Record<string, string>>> {
  const own = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly version: string
    readonly peerDependencies: Readonly<Record<string, string>>
  }
  const runner = '@playwright/test'
  return {
    [runner]: (own.peerDependencies[runner] ?? '*').replace('>=', '^'),
    fledge: `^${own.version}`,
  }
}

/** Writes a file, unless something is there. */
async function writeNew(path: string, text: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true })
  try {
    await writeFile(path, text, { flag: 'wx' })
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
}

/** The top of the repository that a folder is in, unless it is that itself. */
function repositoryAbove(folder: string): string | undefined {
  for (let each = folder; ; each = dirname(each)) {
    if (existsSync(join(each, '.git'))) return each === folder ? undefined : each
    if (each === dirname(each)) return undefined
  }
}

function nextSteps(folder: string): string[] {
  const steps = [
    ...(resolve(folder) === process.cwd() ? [] : [[`cd ${shellQuote(folder)}`, '']]),
    ['npm install', ''],
    ['npx fledge doctor --fix', 'installs what this host lacks'],
    [
      'npx fledge test',
      'the first run builds and boots the image, which takes minutes; later ones only clone it',
    ],
  ]
  return steps.map(([command = '', what = '']) => `  ${command.padEnd(25)}${paint('dim', what)}`.trimEnd())
}

function tellKept(path: string, why = 'it was there'): void {
  tell('yellow', 'kept ', `${path}: ${why}`)
}

function tell(style: 'green' | 'yellow', what: string, path: string): void {
  print(`${paint(style, what)}  ${path}`)
}
