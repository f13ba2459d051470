import { depthOf, type Step } from './step-log.ts'
import { oneLine } from './step-title.ts'

const marks = { running: '▸', passed: '✓', failed: '✗' } as const
/** How many lines of each output are shown of a step. */
const shownLines = 5
/** How many steps of a failed test are shown: its end is what matters. */
const shownSteps = 25

/** A step in the terminal: a line and, if wanted or if it failed, the end of its output. */
export function stepLines(step: Step, { withOutput }: { readonly withOutput: boolean }): string[] {
  const indent = '  '.repeat(depthOf(step) + 1)
  const ending = endingLine(step)
  const output = withOutput || step.state === 'failed' ? outputLines(step) : []
  return [
    `${indent}${marks[step.state]} ${step.title}${ending === '' ? '' : `  (${ending})`}`,
    ...output.map((line) => `${indent}    ${line}`),
  ]
}

/** The tree of a failed test: each step in a line, those that failed with the end of their output. */
export function treeLines(steps: readonly Step[]): string[] {
  const left = Math.max(0, steps.length - shownSteps)
  return [
    ...(left > 0 ? [`  … ${left} earlier steps`] : []),
    ...steps.slice(left).flatMap((step) => stepLines(step, { withOutput: false })),
  ]
}

/** As `exit code 3, 12 ms`. */
export function endingLine({ outcome, startMs, endMs }: Step): string {
  const parts = [outcome?.ending, endMs === undefined ? undefined : duration(endMs - startMs)]
  return parts.filter((part) => part !== undefined).join(', ')
}

/** The last lines of what a step wrote, each with the name of its stream. */
export function outputLines({ outcome }: Pick<Step, 'outcome'>): string[] {
  if (!outcome) return []
  return (['stdout', 'stderr'] as const).flatMap((stream) =>
    outcome[stream]
      .trimEnd()
      .split('\n')
      .slice(-shownLines)
      .map(oneLine)
      .filter((line) => line !== '')
      .map((line) => `${stream}: ${line}`),
  )
}

function duration(milliseconds: number): string {
  return milliseconds < 1_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1_000).toFixed(1)} s`
}
