import { dirname } from 'node:path'

import {
  test as base,
  type PlaywrightTestArgs,
  type PlaywrightTestOptions,
  type PlaywrightWorkerArgs,
  type PlaywrightWorkerOptions,
  type TestInfo,
  type TestType,
} from '@playwright/test'

import {
  FledgeError,
  launch,
  prepare,
  quietly,
  type LaunchOptions,
  type Machine,
  type Prepared,
} from '../index.ts'
import { checkOptions } from '../util/check-options.ts'
import { visibleLog } from '../interactive/visible.ts'
import { currentPlan } from './command-plan.ts'
import { attachEvidence } from './evidence.ts'
import { findCoredumps } from './find-coredumps.ts'
import { fixtureError } from './fixture-error.ts'
import {
  anchorHardware,
  anchorShares,
  defaultImage,
  machineChecks,
  type CommandOptions,
  type MachineOptions,
} from './machine-options.ts'
import { promptPlace } from './prompt-place.ts'
import { ScreenLog } from './screen-log.ts'
import { Secrets } from './secrets.ts'
import { tellProgress } from './tell-progress.ts'
import { tellFailure, tellSteps } from './tell-steps.ts'
import { fitTimeLimit } from './time-limit.ts'
import { tameErrors } from './tame-errors.ts'
import { VerbSteps } from './verb-steps.ts'

/** What a test is given, besides Playwright's own fixtures. */
export interface MachineFixtures {
  /** A machine of its own for each test: a fresh clone, which is stopped when the test has ended. */
  vm: Machine
}

/** Playwright's `test` with machines. */
export type MachineTest = TestType<
  PlaywrightTestArgs & PlaywrightTestOptions & MachineOptions & MachineFixtures,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions
>

/** Evidence is collected for so many times as long as its machine took to launch, and cut off there. */
const mostClones = 15

/** What a picture of the screen may take while a test runs, in milliseconds. */
const pictureMs = 2_000

/** Named so that no fixture that a user adds takes their place. */
interface HiddenFixtures extends CommandOptions {
  /** Has the errors of a test be such that no terminal obeys them. */
  _tameErrors: void
  /** Where relative paths begin. */
  _folder: string
  _hardware: LaunchOptions
  _launchFile: string
  _preparation: Prepared
  _template: Prepared
}

const machineTest: MachineTest = base.extend<MachineOptions & MachineFixtures & HiddenFixtures>({
  image: [defaultImage, { option: true }],
  memoryMiB: [undefined, { option: true }],
  cpus: [undefined, { option: true }],
  diskGiB: [undefined, { option: true }],
  shares: [{}, { option: true }],
  network: ['user', { option: true }],
  firmware: [undefined, { option: true }],
  cold: [undefined, { option: true }],
  disks: [undefined, { option: true }],
  cdrom: [undefined, { option: true }],
  boot: [undefined, { option: true }],
  tpm: [undefined, { option: true }],
  guestChannel: [undefined, { option: true }],
  evidence: ['on-failure', { option: true }],
  secretVariables: [undefined, { option: true }],
  coredumps: ['fail', { option: true }],
  inputs: [undefined, { option: true }],
  environment: [undefined, { option: true }],
  imageFromCommand: [undefined, { option: true }],
  folderOfCommand: [undefined, { option: true }],

  _tameErrors: [
    async ({}, use, testInfo) => {
      await use()
      tameErrors(testInfo.errors)
    },
    { auto: true, box: true },
  ],

  _folder: [
    async ({ folderOfCommand }, use, { config: { configFile } }) => {
      await use(folderOfCommand ?? (configFile === undefined ? process.cwd() : dirname(configFile)))
    },
    { box: true },
  ],

  _hardware: [
    async (
      { memoryMiB, cpus, diskGiB, network, firmware, cold, disks, cdrom, boot, tpm, guestChannel, _folder },
      use,
    ) => {
      checkOptions('test.use', { network, guestChannel }, machineChecks)
      const choice = {
        memoryMiB,
        cpus,
        diskGiB,
        network,
        firmware,
        cold,
        disks,
        cdrom,
        boot,
        tpm,
        guestChannel,
      }
      await use(anchorHardware(choice, _folder))
    },
    { box: true },
  ],

  // Launches of a sealed run are recorded with the file that asked for them.
  _launchFile: [
    async ({}, use, { file }) => {
      process.env['FLEDGE_TEST_FILE'] = file
      await use(file)
      delete process.env['FLEDGE_TEST_FILE']
    },
    { auto: true, box: true },
  ],

  _preparation: [
    async ({ image, imageFromCommand, _hardware, evidence, secretVariables, coredumps }, use, testInfo) => {
      checkOptions('test.use', { evidence, secretVariables, coredumps }, machineChecks)
      tellProgress(testInfo.project.outputDir)
      await use(await orExplain(prepare(imageFromCommand ?? image, _hardware), testInfo))
    },
    { timeout: 0, title: 'template' },
  ],

  // It has no time of its own, because the limit that it sets is that of what it runs in.
  _template: [
    async ({ _preparation }, use, testInfo) => {
      fitTimeLimit(testInfo, _preparation)
      await use(_preparation)
    },
    { box: true },
  ],

  vm: [
    async (
      { _template, _hardware, shares, evidence, secretVariables, coredumps, _folder },
      use,
      testInfo,
    ) => {
      const secrets = new Secrets(secretVariables)
      const hooks = new VerbSteps(testInfo, secrets)
      if (currentPlan().verbose) tellSteps(testInfo)
      const options = { ..._hardware, shares: anchorShares(shares, _folder), hooks }
      const [sinceMs, begin] = [Date.now(), performance.now()]
      await using vm = await orExplain(launch(_template.image, options), testInfo)
      const timeoutMs = mostClones * (performance.now() - begin)
      if (coredumps === 'fail') await quietly(() => vm.catchCoredumps())
      const screens =
        evidence === 'never'
          ? undefined
          : new ScreenLog(() => hooks.silently(() => vm.screenshot({ timeoutMs: pictureMs })))
      const over = new AbortController()
      // Loaded for those who pause. What is asked at a prompt is no step: reporters would write over it.
      hooks.pause = async () =>
        hooks.silently(async () => (await import('./test-pause.ts')).pauseTest(vm, testInfo, over.signal))
      await use(vm)
      over.abort()
      hooks.stopRecording()
      const pictures = (await screens?.stop()) ?? []
      secrets.hideInReport(testInfo.errors)
      if (hasFailed(testInfo)) tellFailure(testInfo, secrets.hide(vm.getConsoleLog()))
      // A test that has failed has its reason, and what crashed among its evidence.
      const crashed =
        coredumps === 'fail' && !hasFailed(testInfo) ? await findCoredumps(vm, timeoutMs) : undefined
      if (evidence === 'always' || (evidence === 'on-failure' && (crashed || hasFailed(testInfo)))) {
        await base.step(
          'collect evidence',
          () => attachEvidence(vm, testInfo, { secrets, pictures, sinceMs, timeoutMs }),
          { box: true },
        )
      }
      if (currentPlan().pauseOnFailure && (crashed || hasFailed(testInfo))) {
        await (await import('./test-pause.ts')).pauseAtEnd(vm, testInfo, crashed)
      }
      if (crashed) throw fixtureError(crashed)
    },
    { timeout: 0 },
  ],
})

/**
 * Playwright's `test`, whose tests can ask for a machine.
 *
 * Making a template has unlimited time of its own, and so has launching; neither counts as the test's. Each verb is a
 * step. When the test fails, the machine's console, journal, failed units and screen are attached. It fails, too, when something
 * crashed in the machine, unless `coredumps` allows that.
 *
 * @example
 * test.use({ image: 'debian:13-minimal', shares: { '/mnt/dist': './dist' } })
 *
 * test('the package installs', async ({ vm }) => {
 *   await vm.succeed('apt-get -yq install /mnt/dist/hello.deb')
 * })
 */
export const test: MachineTest = promptPlace(machineTest, async (...prompt) =>
  // Loaded for those who ask for it.
  (await import('./file-prompt.ts')).filePrompt(...prompt),
)

function hasFailed({ status, expectedStatus }: TestInfo): boolean {
  return status !== expectedStatus && status !== 'interrupted'
}

/** Attaches the console of a machine that never came, as there is none to ask, and shows the hint. */
async function orExplain<T>(work: Promise<T>, testInfo: TestInfo): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof FledgeError && error.consoleTail) {
      await testInfo.attach('console.log', { body: visibleLog(error.consoleTail), contentType: 'text/plain' })
    }
    throw fixtureError(error)
  }
}
