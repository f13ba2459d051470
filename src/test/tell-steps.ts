import { basename, relative } from 'node:path'

import type { TestInfo } from '@playwright/test'

import { visible, visibleLog } from '../interactive/visible.ts'
import { say } from './say-once.ts'
import { StepLog } from './step-log.ts'
import { oneLine } from './step-title.ts'
import { stepLines, treeLines } from './step-lines.ts'

/** How much is told of a console: lines, and characters that those may be in. */
const consoleLines = 5
const consoleLength = 4_096

/** From now on the steps of a test are told as they end, with the end of their output. */
export function tellSteps(testInfo: TestInfo): void {
  say(`steps of ${named(testInfo)}`)
  StepLog.of(testInfo).listen((step) => write(stepLines(step, { withOutput: true })))
}

/**
 * Tells what the author of a failed test needs: its steps, those that failed with the end of their output, the end of the console, and
 * where the evidence is.
 */
export function tellFailure(testInfo: TestInfo, consoleLog: string): void {
  say(`steps of ${named(testInfo)}`)
  const lines = visibleLog(consoleLog.slice(-consoleLength)).split('\n').map(oneLine)
  const end = lines.filter((line) => line !== '').slice(-consoleLines)
  write([
    ...treeLines(StepLog.of(testInfo).steps),
    ...(end.length > 0 ? ["  the console's end:", ...end.map((line) => `    ${line}`)] : []),
    `  more of it: ${relative(process.cwd(), testInfo.outputDir)}`,
  ])
}

function named({ title, file, line, project }: TestInfo): string {
  return `"${title}" (${project.name === '' ? '' : `${project.name}, `}${basename(file)}:${line})`
}

function write(lines: readonly string[]): void {
  process.stderr.write(lines.map((line) => `${visible(line)}\n`).join(''))
}
