import { spawn } from 'node:child_process'
import { once } from 'node:events'

import type { TestInfo } from '@playwright/test'

import { currentInterruption, GuestError, MisuseError } from '../index.ts'
import type { Globals } from '../interactive/evaluator.ts'
import type { PromptFunction } from '../interactive/run-prompt.ts'
import type { Terminal } from '../interactive/terminal.ts'
import { currentPlan } from './command-plan.ts'
import { literalPattern } from './literal-pattern.ts'
import type { FileTest } from './prompt-place.ts'

/** What the functions work on. */
interface FilePrompt {
  readonly tests: readonly FileTest[]
  /** The test in whose place the prompt is. */
  readonly chosen: FileTest
  readonly fixtures: Readonly<Record<string, unknown>>
  readonly globals: Globals
  readonly testInfo: TestInfo
  readonly terminal: Terminal
}

/** The functions of a prompt that has the tests of a file. */
export function testFunctions(prompt: FilePrompt): readonly PromptFunction[] {
  return [
    {
      name: 'testScript',
      signature: 'testScript(title?)',
      summary: 'Runs the body of a test of the file in the machine at hand, as it is now.',
      run: (title?: string) => testScript(prompt, title),
    },
    {
      name: 'runTests',
      signature: 'runTests(title?)',
      summary: 'Runs the tests of the file as "fledge test" does, each in a fresh machine.',
      run: (title?: string | RegExp) => runTests(prompt.terminal, title),
      endsItself: true,
    },
  ]
}

async function testScript(
  { tests, chosen, fixtures, globals, testInfo }: FilePrompt,
  title: string | undefined,
): Promise<void> {
  const test = title === undefined ? chosen : tests.find((each) => each.title.includes(title))
  if (!test) {
    throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot find a test with "${title}" in its title`, {
      hint: `There are: ${tests.map((each) => each.title).join(', ')}`,
    })
  }
  const missing = test.names.filter((name) => !Object.hasOwn(fixtures, name))
  if (missing.length > 0) {
    throw new MisuseError(
      'ERR_FLEDGE_OPTION',
      `Cannot run "${test.title}" here: it asks for ${missing.join(', ')}, which this prompt has not`,
      { hint: `Open the prompt in its place, by "fledge repl FILE:${test.line}"` },
    )
  }
  await test.body({ ...fixtures, vm: globals['vm'] }, testInfo)
}

/** Names of variables that tell a process that it is one of Playwright's. */
const playwrightsOwn = /^(?:TEST_|FLEDGE_TEST_PLAN$|FORCE_COLOR$|NODE_OPTIONS$)/

async function runTests({ input }: Terminal, title: string | RegExp | undefined): Promise<void> {
  const { prompt } = currentPlan()
  if (!prompt) return
  const pattern =
    title instanceof RegExp ? String(title) : title === undefined ? undefined : literalPattern(title)
  const args = ['test', prompt.file, ...prompt.args, ...(pattern === undefined ? [] : ['--grep', pattern])]
  const env = Object.entries(process.env).filter(([name]) => !playwrightsOwn.test(name))
  const child = spawn(process.execPath, [prompt.main, ...args], {
    stdio: ['ignore', input.fd, input.fd],
    env: Object.fromEntries(env),
  })
  const signal = currentInterruption()
  // Its first Ctrl-C ends its tests well.
  const interrupt = (): void => void child.kill('SIGINT')
  signal?.addEventListener('abort', interrupt, { once: true })
  const [code] = (await once(child, 'exit')) as [number | null]
  signal?.removeEventListener('abort', interrupt)
  if (code === 0 || signal?.aborted) return
  throw new GuestError('ERR_FLEDGE_COMMAND_FAILED', `The tests failed, with exit code ${code}`)
}
