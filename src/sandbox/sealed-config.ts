import { promises } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { extname, isAbsolute, join } from 'node:path'

import type { PlaywrightTestConfig, ReporterDescription } from '@playwright/test'

import type { SealedPlan } from './sealed-plan.ts'

/** What Playwright runs with in a seal: the same, with a reporter of ours that comes before all others. */
export function sealedConfig(config: PlaywrightTestConfig, plan: SealedPlan): PlaywrightTestConfig {
  const reporters = reportersOf(config)
  if (plan.pass === 'list') {
    const { globalSetup = [], globalTeardown = [], tsconfig } = config
    const scripts = [globalSetup, globalTeardown, reporters.map(([name]) => name)].flat(2).filter(isAbsolute)
    return { ...config, reporter: [[beside('list-reporter'), { facts: { reporters, scripts, tsconfig } }]] }
  }
  keepMounted(plan.outputs)
  const used = (plan.reporters as ReporterDescription[] | undefined) ?? reporters
  return { ...without(config, plan.held ?? []), reporter: [[absenceReporter], ...used] }
}

/** Leaves out files whose tests need not run, in every project. */
function without(config: PlaywrightTestConfig, held: readonly string[]): PlaywrightTestConfig {
  if (held.length === 0) return config
  const patterns = held.map((path) => new RegExp(`^${path.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`))
  const ignored = (given: PlaywrightTestConfig['testIgnore'] = []): (string | RegExp)[] => [
    ...[given].flat(),
    ...patterns,
  ]
  return {
    ...config,
    testIgnore: ignored(config.testIgnore),
    ...(config.projects && {
      projects: config.projects.map((project) => ({
        ...project,
        testIgnore: ignored(project.testIgnore ?? config.testIgnore),
      })),
    }),
  }
}

/** The reporter that says of what is not in the seal how it is declared. */
export const absenceReporter: string = beside('absence-reporter')

function reportersOf({ reporter }: PlaywrightTestConfig): ReporterDescription[] {
  if (typeof reporter === 'string') return [[reporter]]
  return reporter ?? [[process.env['CI'] ? 'dot' : 'list']]
}

function beside(name: string): string {
  return join(import.meta.dirname, `../sandbox/${name}${extname(import.meta.filename)}`)
}

/**
 * Has folders emptied that Playwright wants to remove before a run: in a seal they are mounts, which stay. It would try for
 * seconds, and fail.
 */
function keepMounted(folders: readonly string[]): void {
  const remove = promises.rm
  promises.rm = async (path, options) => {
    if (typeof path !== 'string' || !folders.includes(path)) return remove(path, options)
    for (const name of await readdir(path)) await remove(join(path, name), options)
  }
}
