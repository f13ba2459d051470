import { dirname, extname, join } from 'node:path'

import { expandImages } from '../index.ts'
import type { TestRun } from '../sandbox/test-run.ts'
import { type CommandPlan, planEnvironment } from '../test/command-plan.ts'
import { temporaryFolder } from '../util/temporary-folder.ts'
import { repeatArguments, type RepeatOptions } from './repeat-options.ts'
import { readTestArguments } from './test-arguments.ts'
import { findTestConfig, namedTestConfig } from './test-config-file.ts'
import { findPlaywright } from './test-runner.ts'

/** The options that say which tests are meant, and how they run. */
export interface PlanOptions extends RepeatOptions {
  readonly image?: readonly string[]
  readonly verbose?: boolean
  readonly pauseOnFailure?: boolean
}

/** What a command line of tests means. */
export interface PlannedTests {
  /** The command of Playwright Test. */
  readonly cli: string
  /** For Playwright, without the configuration. */
  readonly args: readonly string[]
  /** What chooses files, as expressions; empty when nothing does. */
  readonly patterns: readonly string[]
  /** All options with their values, as `--retries=2`. */
  readonly options: readonly string[]
  /** The user's configuration. */
  readonly config: string | undefined
  /** The folder of the configuration, or the working directory. */
  readonly home: string
  readonly plan: CommandPlan
}

/** The configuration that is fledge's own, which loads the user's. */
export const ownConfig: string = join(
  import.meta.dirname,
  `../test/command-config${extname(import.meta.filename)}`,
)

/**
 * Finds out what a command line of tests means.
 *
 * @throws MisuseError `ERR_FLEDGE_OPTION`; EnvironmentError `ERR_FLEDGE_TOOL_MISSING`
 */
export async function planTests(
  args: readonly string[],
  { image: names = [], verbose = false, pauseOnFailure = false, ...several }: PlanOptions,
): Promise<PlannedTests> {
  const images = expandImages(names)
  const { args: repeating, plan: repeat } = repeatArguments(several)
  // Playwright makes it or fails by it, and machines need it.
  await temporaryFolder()
  const cwd = process.cwd()
  const { passed, patterns, options, config: named, files, folder = cwd } = readTestArguments(args, cwd)
  const config = named === undefined ? findTestConfig(folder, cwd) : namedTestConfig(named, cwd)
  const home = config === undefined ? cwd : dirname(config)
  return {
    cli: findPlaywright([home, folder, cwd]),
    args: [...passed, ...repeating, ...(pauseOnFailure ? oneAfterTheOther(passed) : [])],
    patterns,
    options: [...options, ...(images.length === 0 ? [] : [`--image=${images.join(',')}`])],
    config,
    home,
    plan: { folder: cwd, testFolder: folder, files, images, config, verbose, pauseOnFailure, ...repeat },
  }
}

/** A person looks at one test at a time, and at the first time that it fails, unless they want it otherwise. */
function oneAfterTheOther(given: readonly string[]): readonly string[] {
  const has = (option: RegExp): boolean => given.some((each) => option.test(each))
  return [...(has(/^(?:-j|--workers)/) ? [] : ['--workers=1']), ...(has(/^--retries/) ? [] : ['--retries=0'])]
}

/** The same for a seal, in which the user's configuration is always loaded by ours. */
export function sealedRunOf({ cli, args, config, home, plan }: PlannedTests): TestRun {
  return {
    cli,
    configArgs: ['--config', ownConfig],
    args,
    env: (sealed) => planEnvironment({ ...plan, sealed }),
    folder: home,
    config,
  }
}
