import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import type { TestInfo, TestInfoError } from '@playwright/test'

import { GuestError, MisuseError, serveMachine, type Machine } from '../index.ts'
import { hasTty, ownTty } from '../interactive/own-tty.ts'
import { runPrompt } from '../interactive/run-prompt.ts'
import { visibleButStyles } from '../interactive/visible.ts'
import { withLibrary } from '../interactive/with-library.ts'
import { lockFile } from '../util/file-lock.ts'
import { expect } from './expect.ts'
import { holdClock } from './hold-clock.ts'
import { type PauseEnd, pauseFunctions } from './pause-functions.ts'

/** Until what was written before has been shown by Playwright's process. */
const settleMs = 200

/**
 * Has a person at the terminal look at the machine of a test, until they let it go on. The test's clock is held.
 *
 * @param signal aborts when the test is over in another way
 * @throws MisuseError `ERR_FLEDGE_OPTION` without a terminal; GuestError `ERR_FLEDGE_ABORTED` when the test is given up
 */
export async function pauseTest(vm: Machine, testInfo: TestInfo, signal: AbortSignal): Promise<void> {
  const end = await holdClock(testInfo, () => prompt(vm, testInfo, { signal, failures: [] }))
  if (end === 'goes on') return
  throw new GuestError('ERR_FLEDGE_ABORTED', `The test was given up at its pause at "${vm.name}"`, {
    machine: vm.name,
  })
}

/** The same at the end of a test that has failed, whose errors are shown: there is nothing left to give up. */
export async function pauseAtEnd(vm: Machine, testInfo: TestInfo, error?: Error): Promise<void> {
  const errors: readonly TestInfoError[] = [
    ...testInfo.errors,
    ...(error ? [{ message: error.message }] : []),
  ]
  const failures = errors.map(
    ({ message, value }) => message ?? value ?? 'something was thrown that is no error',
  )
  await holdClock(testInfo, () => prompt(vm, testInfo, { failures }))
}

async function prompt(
  vm: Machine,
  testInfo: TestInfo,
  { signal, failures }: { readonly signal?: AbortSignal; readonly failures: readonly string[] },
): Promise<PauseEnd> {
  if (!hasTty()) throw noTerminal(vm)
  // Of all workers of a run one has the terminal, until that is as it was.
  await using _ = await lockFile(
    join(testInfo.project.outputDir, '.fledge-pause.lock'),
    signal ? { signal } : {},
  )
  using tty = ownTty()
  if (!tty) throw noTerminal(vm)
  await using __ = await serveMachine(vm)
  await sleep(settleMs)
  const done = new AbortController()
  let end: PauseEnd = 'goes on'
  const finish = (how: PauseEnd): void => {
    end = how
    done.abort()
  }
  await runPrompt({
    terminal: tty,
    globals: withLibrary({ expect, vm }),
    functions: pauseFunctions(vm, tty, { mayFail: failures.length === 0, finish }),
    greeting: greeting(vm, testInfo, failures),
    sign: 'paused> ',
    signal: AbortSignal.any(signal ? [signal, done.signal] : [done.signal]),
  })
  tty.output.write(`fledge: the test ${end}\n`)
  return end
}

function noTerminal(vm: Machine): MisuseError {
  return new MisuseError('ERR_FLEDGE_OPTION', `Cannot pause at "${vm.name}": there is no terminal`, {
    hint: 'Run the tests in a terminal, or take vm.pause() out of them',
  })
}

function greeting(vm: Machine, { title, file, line }: TestInfo, failures: readonly string[]): string {
  const hasFailed = failures.length > 0
  const lines = [
    ...(hasFailed
      ? [`fledge: "${title}" has failed:`, ...failures.map((each) => `  ${each.replaceAll('\n', '\n  ')}`)]
      : []),
    `fledge: paused in "${title}" (${relative(process.cwd(), file)}:${line}); vm is "${vm.name}"`,
    `  go (or Ctrl-D) goes on${hasFailed ? '' : ', fail gives it up'}, quit ends the run; shell() opens a shell, .help tells of the rest`,
    `  In another terminal: npx fledge shell ${vm.name}`,
  ]
  return visibleButStyles(`\n${lines.join('\n')}`)
}
