import { createRequire } from 'node:module'
import { compileFunction } from 'node:vm'

import type { TestInfo } from '@playwright/test'

import { currentPlan } from './command-plan.ts'
import { promptTitle } from './prompt-title.ts'
import type { MachineTest } from './test.ts'
import { locationOf, userFrames } from './user-frames.ts'

/** Fixtures that a prompt needs, whatever the test asks for. */
const needed = ['vm', 'shares', '_template', '_hardware', '_folder'] as const

type Fixtures = Readonly<Record<string, unknown>>
type Body = (fixtures: Fixtures, testInfo: TestInfo) => unknown

/** A test of the file, which is not run by itself. */
export interface FileTest {
  readonly title: string
  readonly line: number | undefined
  readonly body: Body
  /** The fixtures that it asks for. */
  readonly names: readonly string[]
}

/** Runs a prompt in the place of a test. */
export type RunPrompt = (
  tests: readonly FileTest[],
  chosen: FileTest,
  fixtures: Fixtures,
  testInfo: TestInfo,
) => Promise<void>

/**
 * Has `fledge repl FILE` open its prompt in the place of a test, with that test's hooks and fixtures: of the test at the line that is named, or
 * else of the first. No test of the file is run by itself; those of other files, as what a project depends on, are.
 */
export function promptPlace(test: MachineTest, run: RunPrompt): MachineTest {
  const { prompt } = currentPlan()
  if (!prompt) return test
  const tests: FileTest[] = []
  let taken = false
  const take = (target: (...args: readonly unknown[]) => unknown, args: readonly unknown[]): unknown => {
    const location = userFrames()
      .map(locationOf)
      .find((each) => each !== undefined)
    const body = args.at(-1)
    if (location?.file !== prompt.file || typeof body !== 'function') return target(...args)
    const found: FileTest = {
      title: String(args[0]),
      line: location.line,
      body: body as Body,
      names: fixtureNames(body as Body),
    }
    tests.push(found)
    if (taken || (prompt.line !== undefined && prompt.line !== found.line)) return undefined
    taken = true
    const names = [...new Set([...needed, ...found.names])]
    return target(
      promptTitle,
      asking(names, (fixtures, testInfo) => run(tests, found, fixtures, testInfo)),
    )
  }
  return inPlace(test, take)
}

/** The same for tests that are extended from it. */
function inPlace(
  test: MachineTest,
  take: (target: (...args: readonly unknown[]) => unknown, args: readonly unknown[]) => unknown,
): MachineTest {
  return new Proxy(test, {
    apply: (target, _, args: readonly unknown[]) => take(target as never, args),
    get(target, key) {
      const value: unknown = Reflect.get(target, key)
      if (key === 'only') return (...args: readonly unknown[]) => take(value as never, args)
      if (key !== 'extend') return value
      return (fixtures: never) => inPlace(target.extend(fixtures), take)
    },
  })
}

/** A function that asks Playwright for fixtures, which it reads out of a function's text. */
function asking(names: readonly string[], run: Body): (fixtures: never, testInfo: TestInfo) => unknown {
  const list = `{ ${names.join(', ')} }`
  const make = compileFunction(`return async (${list}, testInfo) => run(${list}, testInfo)`, ['run'])
  return (make as (run: Body) => never)(run)
}

/** The fixtures that the body of a test asks for. */
function fixtureNames(body: Body): readonly string[] {
  const text = String(body)
  // A method has no word before its name.
  const source = /^(?:async\s+)?(?:function\b|\(|[\w$]+\s*=>)/.test(text) ? text : `function ${text}`
  // Not loaded with the tests of all others.
  const { parseExpressionAt } = createRequire(import.meta.url)('acorn') as typeof import('acorn')
  const parsed = parseExpressionAt(`(${source})`, 0, { ecmaVersion: 'latest' })
  if (parsed.type !== 'ArrowFunctionExpression' && parsed.type !== 'FunctionExpression') return []
  const [first] = parsed.params
  if (first?.type !== 'ObjectPattern') return []
  return first.properties.flatMap((each) =>
    each.type === 'Property' && each.key.type === 'Identifier' ? [each.key.name] : [],
  )
}
