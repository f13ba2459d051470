import { endsIn, type TestEnd, testsOf } from './blob-events.ts'
import type { Piece } from './piece.ts'

/** A test as it is remembered. */
export interface RememberedTest {
  readonly id: string
  readonly project: string
  /** Where it stands in its project: its file, those of `describe` that it is in, and its own. */
  readonly titles: readonly string[]
  /** From the root folder. */
  readonly location: string
  readonly status: 'passed' | 'skipped' | 'failed'
  /** In milliseconds. */
  readonly durationMs: number
}

/** What is to be kept of a test file, or why nothing is. */
export type Judgement = { readonly tests: readonly RememberedTest[] } | { readonly refused: string }

/**
 * Whether all tests of a file came out as they had to, each at its first attempt: passed, skipped by their own code, or failed where
 * that was expected.
 */
export function judgePiece({ projects, events }: Piece): Judgement {
  const ends = new Map<string, TestEnd[]>()
  for (const end of endsIn(events)) ends.set(end.test.testId, [...(ends.get(end.test.testId) ?? []), end])
  const tests: RememberedTest[] = []
  for (const { project, suite } of projects) {
    for (const { test, titles } of testsOf(suite)) {
      const [end, ...more] = ends.get(test.testId) ?? []
      const title = titles.join(' › ')
      if (!end) return { refused: `"${title}" did not run` }
      if (more.length > 0) return { refused: `"${title}" needed more than one attempt` }
      const { status, duration } = end.result
      const isKnown = status === 'passed' || status === 'skipped' || status === 'failed'
      if (!isKnown || status !== end.test.expectedStatus) return { refused: `"${title}" ended as ${status}` }
      const { file, line, column } = test.location
      tests.push({
        id: test.testId,
        project: project.name,
        titles: [suite.title, ...titles],
        location: `${file}:${line}:${column}`,
        status,
        durationMs: duration,
      })
    }
  }
  return { tests }
}
