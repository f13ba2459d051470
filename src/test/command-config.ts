import { dirname, join } from 'node:path'

import type { PlaywrightTestConfig, PlaywrightTestProject, ReporterDescription } from '@playwright/test'

import { anchorConfig } from './anchor-config.ts'
import { currentPlan, type CommandPlan } from './command-plan.ts'
import { fittingWorkers } from './fitting-workers.ts'
import { literalPattern } from './literal-pattern.ts'
import { loadConfig } from './load-config.ts'
import type { CommandOptions } from './machine-options.ts'
import { multiplyProjects, onImage } from './multiply-projects.ts'
import { promptConfig } from './prompt-config.ts'
import { sealedConfig } from '../sandbox/sealed-config.ts'

/** A test's time under KVM, in milliseconds; the fixture makes it longer for emulated machines. */
const testTimeoutMs = 60_000

const plan = currentPlan()

/** The configuration that `fledge test` runs Playwright with when there is none, or when `--image` or `--sandbox` change the user's. */
const plain: PlaywrightTestConfig =
  plan.config === undefined
    ? ownConfig(plan)
    : changed(await loadConfig(plan.config), plan.config, plan.images)

const config: PlaywrightTestConfig =
  plan.sealed !== undefined
    ? sealedConfig(plain, plan.sealed)
    : plan.prompt !== undefined
      ? promptConfig(plain, plan.prompt)
      : plain

export default config

function ownConfig({ folder, testFolder, files, images }: CommandPlan): PlaywrightTestConfig {
  const use: Partial<CommandOptions> = { folderOfCommand: folder }
  const project: PlaywrightTestProject = {
    testDir: testFolder,
    testMatch: [
      '**/*.@(spec|test).?(c|m)[jt]s?(x)',
      ...files.map((file) => new RegExp(`^${literalPattern(file)}$`)),
    ],
    // Build folders have copies of tests; but who names an ignored file means it.
    respectGitIgnore: files.length === 0,
    use: use as object,
  }
  return {
    testDir: folder,
    outputDir: join(folder, 'test-results'),
    timeout: testTimeoutMs,
    fullyParallel: true,
    forbidOnly: Boolean(process.env['CI']),
    workers: fittingWorkers(),
    reporter: reporters(),
    projects: images.length === 0 ? [project] : images.map((image) => onImage(project, image)),
  }
}

function reporters(): ReporterDescription[] {
  return process.env['GITHUB_ACTIONS'] ? [['list'], ['github']] : [['list']]
}

/** The user's configuration, on other images if any are named. */
function changed(user: PlaywrightTestConfig, path: string, images: readonly string[]): PlaywrightTestConfig {
  const anchored = anchorConfig(user, dirname(path))
  const use: Partial<CommandOptions> = { folderOfCommand: dirname(path) }
  return {
    ...anchored,
    use: { ...anchored.use, ...use },
    ...(images.length === 0 ? {} : { projects: multiplyProjects(anchored, images) }),
  }
}
