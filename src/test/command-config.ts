import { dirname, join } from 'node:path'

import type { PlaywrightTestConfig, PlaywrightTestProject, ReporterDescription } from '@playwright/test'

import { anchorConfig } from './anchor-config.ts'
import { currentPlan, type CommandPlan } from './command-plan.ts'
import { fittingWorkers } from './fitting-workers.ts'
import { loadConfig } from './load-config.ts'
import type { CommandOptions } from './machine-options.ts'
import { multiplyProjects, onImage } from './multiply-projects.ts'

/** A test's time under KVM, in milliseconds; the fixture makes it longer for emulated machines. */
const testTimeoutMs = 60_000

const plan = currentPlan()

/** The configuration that `fledge test` runs Playwright with when there is none, or when `--image` changes the user's. */
const config: PlaywrightTestConfig =
  plan.config === undefined
    ? ownConfig(plan)
    : onImages(await loadConfig(plan.config), plan.config, plan.images)

export default config

function ownConfig({ folder, testFolder, files, images }: CommandPlan): PlaywrightTestConfig {
  const use: Partial<CommandOptions> = { folderOfCommand: folder }
  const project: PlaywrightTestProject = {
    testDir: testFolder,
    testMatch: [
      '**/*.@(spec|test).?(c|m)[jt]s?(x)',
      ...files.map((file) => new RegExp(`^${escaped(file)}$`)),
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

function onImages(user: PlaywrightTestConfig, path: string, images: readonly string[]): PlaywrightTestConfig {
  const anchored = anchorConfig(user, dirname(path))
  const use: Partial<CommandOptions> = { folderOfCommand: dirname(path) }
  return { ...anchored, use: { ...anchored.use, ...use }, projects: multiplyProjects(anchored, images) }
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
