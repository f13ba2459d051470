import { readFileSync } from 'node:fs'

import type { Reporter, TestCase, TestError, TestResult } from '@playwright/test/reporter'

import { absentList } from './absent-list.ts'
import { explainAbsence, type SealFacts } from './explain-absence.ts'

/**
 * Adds to the errors of a sealed run what they do not know: that a file is only not there because it was not declared. It is the
 * first of the reporters, so all others have it.
 */
export default class AbsenceReporter implements Reporter {
  #facts: SealFacts | undefined

  printsToStdio(): boolean {
    return false
  }

  onTestEnd(test: TestCase, result: TestResult): void {
    for (const error of result.errors) this.#explain(error, test.location.file)
  }

  onError(error: TestError): void {
    this.#explain(error)
  }

  #explain(error: TestError, file?: string): void {
    const message = error.message ?? error.value ?? ''
    const sentence = explainAbsence(message, this.#known, error.location?.file ?? file)
    if (sentence === undefined) return
    const longer = `${message}\n  ${sentence}`
    if (error.stack?.includes(message)) error.stack = error.stack.replace(message, () => longer)
    if (error.message === undefined) error.value = longer
    else error.message = longer
  }

  get #known(): SealFacts {
    return (this.#facts ??= readFacts())
  }
}

function readFacts(): SealFacts {
  const [folder = '', ...absent] = readFileSync(absentList, 'utf8').split('\n')
  return { absent: new Set(absent), folder, cwd: process.cwd() }
}
