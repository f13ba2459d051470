import { literally } from '../test-arguments.ts'

/** Which tests are run: all that the command line means, those of them that failed last, or those in some files. */
export type Selection = 'all' | 'failed' | readonly string[]

/** What Playwright has for a test unless it is told otherwise. */
const isTest = /\.(?:spec|test)\.[cm]?[jt]sx?$/

/**
 * Which tests a saved file is a reason for. A test is one for itself; any other file may be imported by all of them. Where the command line chooses
 * files, those are run whenever one of them is saved, or any file that is no test.
 *
 * @param patterns what the command line chooses files by, as expressions that a line may follow
 */
export function selectionAmong(patterns: readonly string[]): (path: string) => Selection | undefined {
  const chosen = patterns.map((pattern) => new RegExp(pattern.replace(/(?::\d+){1,2}$/, '')))
  return (path) => {
    if (!isTest.test(path)) return 'all'
    if (chosen.length === 0) return [path]
    return chosen.some((each) => each.test(path)) ? 'all' : undefined
  }
}

/** Arguments for Playwright that choose them. */
export function selected(selection: Selection): readonly string[] {
  if (selection === 'all') return []
  if (selection === 'failed') return ['--last-failed']
  return selection.map((path) => `^${literally(path)}$`)
}
