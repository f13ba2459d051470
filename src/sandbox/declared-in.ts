import type { Suite } from '@playwright/test/reporter'

/** What can be declared by `test.use`, as it was given: any value, or a function of Playwright's fixtures. */
export interface Declaration {
  readonly inputs: readonly unknown[]
  readonly environment: readonly unknown[]
}

/**
 * What Playwright keeps of the `test.use` of a suite and of the `test.extend` of a test. It tells reporters of neither, so
 * this is the one place that looks behind its public face; where it finds nothing, what a file declares is not there
 * in the run, and who misses it is told to declare it in the configuration.
 */
interface Kept {
  readonly _use?: readonly FixtureList[]
  readonly _testType?: { readonly fixtures?: readonly FixtureList[] }
}
interface FixtureList {
  readonly fixtures?: Readonly<Record<string, unknown>>
}

/** Gathers what is declared in a test file: for all of it, in a `describe`, or in what extends `test`. */
export function declaredIn(file: Suite): Declaration {
  const lists: FixtureList[] = []
  const visit = (suite: Suite): void => {
    lists.push(...((suite as Kept)._use ?? []))
    for (const entry of suite.entries()) {
      if (entry.type === 'test') lists.push(...((entry as Kept)._testType?.fixtures ?? []))
      else visit(entry)
    }
  }
  visit(file)
  const values = (name: string): readonly unknown[] => [
    ...new Set(lists.flatMap(({ fixtures = {} }) => (Object.hasOwn(fixtures, name) ? [fixtures[name]] : []))),
  ]
  return { inputs: values('inputs').map(value), environment: values('environment').map(value) }
}

/** A value without the options that stand beside it in `test.extend`: `[value, { option: true }]`. */
function value(given: unknown): unknown {
  return Array.isArray(given) && typeof given[1] === 'object' && given[1] !== null ? given[0] : given
}
