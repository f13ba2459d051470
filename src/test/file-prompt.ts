import { relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import type { TestInfo } from '@playwright/test'

import {
  launch,
  MisuseError,
  type LaunchOptions,
  type Machine,
  type Prepared,
  type Shares,
} from '../index.ts'
import { machineFunctions } from '../interactive/machine-functions.ts'
import { ownTty } from '../interactive/own-tty.ts'
import { PromptMachines } from '../interactive/prompt-machines.ts'
import { recordFunction } from '../interactive/record-function.ts'
import { Recorder } from '../interactive/recorder.ts'
import { runPrompt } from '../interactive/run-prompt.ts'
import { visibleLine } from '../interactive/visible.ts'
import { hide, libraryNames, withLibrary } from '../interactive/with-library.ts'
import { currentPlan } from './command-plan.ts'
import { expect } from './expect.ts'
import { anchorShares } from './machine-options.ts'
import type { FileTest, RunPrompt } from './prompt-place.ts'
import { recordedUse } from './recorded-use.ts'
import { testFunctions } from './test-functions.ts'

/** What the prompt is given besides what its test asks for. */
interface Needed {
  readonly vm: Machine
  readonly shares: Shares
  readonly _template: Prepared
  readonly _hardware: LaunchOptions
  readonly _folder: string
}

/** Until what was written before has been shown by Playwright's process. */
const settleMs = 200

/** Has a person at the terminal run verbs in a machine as a test has it. */
export const filePrompt: RunPrompt = async (tests, chosen, fixtures, testInfo) => {
  testInfo.setTimeout(0)
  const { vm, shares, _template, _hardware, _folder, ...others } = fixtures as unknown as Needed
  using terminal = ownTty()
  if (!terminal) {
    throw new MisuseError('ERR_FLEDGE_OPTION', 'Cannot open a prompt: there is no terminal')
  }
  const options = { ..._hardware, shares: anchorShares(shares, _folder) }
  let isFirst = true
  const machine = {
    name: 'vm',
    launch: async (signal?: AbortSignal) => {
      if (!isFirst) return launch(_template.image, { ...options, ...(signal && { signal }) })
      isFirst = false
      return vm
    },
  }
  const globals = withLibrary({ ...others })
  hide(globals, 'expect', expect)
  await using machines = await PromptMachines.launch([machine], globals)
  const recorder = new Recorder([
    'reset',
    'shell',
    'record',
    'runTests',
    'testScript',
    ...Object.keys(others),
  ])
  const say = (line: string): void => void terminal.output.write(`${line}\n`)
  await sleep(settleMs)
  await runPrompt({
    terminal,
    globals,
    functions: [
      ...testFunctions({ tests, chosen, fixtures, globals, testInfo, terminal }),
      ...machineFunctions(machines, terminal, () => recorder.machinesAreFresh()),
      recordFunction({
        recorder,
        say,
        library: libraryNames,
        machines: () => ({ vm: recordedUse(_template.image, _hardware, shares) }),
      }),
    ],
    greeting: greeting(chosen, machines, testInfo),
    onDone: (input, evaluated) => recorder.succeeded(input, evaluated),
    onFailed: (input) => recorder.failed(input),
  })
}

function greeting({ title, line }: FileTest, { first }: PromptMachines, { project }: TestInfo): string {
  const file = relative(process.cwd(), currentPlan().prompt?.file ?? '')
  const where = project.name === '' ? '' : ` in "${visibleLine(project.name)}"`
  return [
    `fledge: vm is "${first?.name}", fresh from ${first?.image}, as the test "${visibleLine(title)}" (${file}:${line}) has it${where}`,
    'fledge: testScript() runs that test in it, runTests() the file; ".help" lists what there is, Ctrl-D leaves',
  ].join('\n')
}
