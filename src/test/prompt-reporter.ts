import type { Reporter, TestCase, TestError, TestResult } from '@playwright/test/reporter'

import { promptTitle } from './prompt-title.ts'

/** Says of a run for a prompt only what keeps that from being opened. */
export default class PromptReporter implements Reporter {
  #isThere = false

  onTestBegin(test: TestCase): void {
    this.#isThere ||= test.title === promptTitle
  }

  onStdOut(text: string | Buffer): void {
    process.stdout.write(text)
  }

  onStdErr(text: string | Buffer): void {
    process.stderr.write(text)
  }

  onTestEnd(test: TestCase, { errors }: TestResult): void {
    if (errors.length > 0) this.#tell(`in "${test.title}"`, errors)
  }

  onError(error: TestError): void {
    // Of a file without such a test it has only that to say, and less clearly.
    if (error.message?.startsWith('Error: No tests found') !== true) this.#tell('before any test', [error])
  }

  onEnd(): void {
    if (this.#isThere) return
    process.stderr.write('fledge: Cannot open a prompt: there is no such test of "fledge/test" in the file\n')
  }

  printsToStdio(): boolean {
    return true
  }

  #tell(where: string, errors: readonly TestError[]): void {
    const texts = errors.map(({ message, value, snippet }) =>
      [message ?? value ?? 'something was thrown that is no error', snippet ?? ''].join('\n').trimEnd(),
    )
    process.stderr.write(`fledge: An error ${where}:\n${texts.join('\n')}\n`)
  }
}
