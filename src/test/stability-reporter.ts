import { relative } from 'node:path'

import type { FullConfig, Reporter, Suite, TestCase } from '@playwright/test/reporter'

import { currentPlan } from './command-plan.ts'
import { oneLine } from './step-title.ts'

/** How the runs of one test came out. */
interface Runs {
  readonly title: string
  well: number
  badly: number
}

/** Tells at the end of `fledge test --repeat` which tests did not come out the same way each time. */
export default class StabilityReporter implements Reporter {
  #suite: Suite | undefined
  #root = ''

  onBegin(config: FullConfig, suite: Suite): void {
    this.#root = config.rootDir
    this.#suite = suite
  }

  onEnd(): void {
    const runs = new Map<string, Runs>()
    for (const test of this.#suite?.allTests() ?? []) count(runs, test, this.#root)
    process.stderr.write(`${report([...runs.values()])}\n`)
  }

  printsToStdio(): boolean {
    // What shows the progress is Playwright's.
    return false
  }
}

/** A test and its repetitions have the same place and the same titles. Each attempt counts. */
function count(runs: Map<string, Runs>, test: TestCase, root: string): void {
  const [, project = '', , ...titles] = test.titlePath()
  const { file, line } = test.location
  const name = [
    ...(project === '' ? [] : [`[${project}]`]),
    `${relative(root, file)}:${line}`,
    ...titles,
  ].join(' › ')
  const found = runs.get(name) ?? { title: oneLine(name), well: 0, badly: 0 }
  runs.set(name, found)
  for (const { status } of test.results) {
    // What was skipped or cut off has no verdict.
    if (status === test.expectedStatus && status !== 'skipped') found.well += 1
    else if (status !== 'skipped' && status !== 'interrupted') found.badly += 1
  }
}

function report(runs: readonly Runs[]): string {
  const { times = 1, seed } = currentPlan().repeat ?? {}
  const how = `${times} runs each${seed === undefined ? '' : `, --seed ${seed}`}`
  const unstable = runs.filter(({ well, badly }) => well > 0 && badly > 0)
  const again =
    seed === undefined
      ? ''
      : `\n  the same order again: fledge test --repeat ${times} --shuffle --seed ${seed}`
  if (unstable.length > 0) {
    const lines = unstable.map(({ title, well, badly }) => `  ${title}: passed ${well} of ${well + badly}`)
    const what =
      unstable.length === 1 ? 'the verdict of 1 test is' : `the verdicts of ${unstable.length} tests are`
    return [`fledge: ${what} not stable (${how})`, ...lines].join('\n') + again
  }
  const [well, badly] = [runs.filter(({ well }) => well > 0), runs.filter(({ badly }) => badly > 0)]
  const parts = [
    ...(well.length > 0 ? [`${well.length} passed`] : []),
    ...(badly.length > 0 ? [`${badly.length} failed`] : []),
  ]
  return `fledge: all verdicts are stable (${how}): ${parts.join(', ') || 'no test has one'}${badly.length > 0 ? again : ''}`
}
