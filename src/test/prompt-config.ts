import { extname, isAbsolute, join, relative } from 'node:path'

import type { PlaywrightTestConfig, PlaywrightTestProject } from '@playwright/test'

import type { PromptPlan } from './command-plan.ts'
import { literalPattern } from './literal-pattern.ts'

/** A configuration for a prompt: one project of those that have the file, with what it depends on, one worker, and no limit of time. */
export function promptConfig(config: PlaywrightTestConfig, plan: PromptPlan): PlaywrightTestConfig {
  const { projects } = config
  const onlyFile = {
    testMatch: new RegExp(`^${literalPattern(plan.file)}$`),
    testIgnore: [],
    respectGitIgnore: false,
  }
  return {
    ...config,
    ...(projects === undefined ? onlyFile : {}),
    workers: 1,
    retries: 0,
    repeatEach: 1,
    timeout: 0,
    globalTimeout: 0,
    forbidOnly: false,
    reporter: [[reporterFile]],
    ...(projects && { projects: oneProject(projects, plan, onlyFile) }),
  }
}

const reporterFile = join(import.meta.dirname, `../test/prompt-reporter${extname(import.meta.filename)}`)

function oneProject(
  projects: readonly PlaywrightTestProject[],
  { file, project }: PromptPlan,
  onlyFile: object,
): PlaywrightTestProject[] {
  const needed = new Set(projects.flatMap(needs))
  const one = projects.find(({ name, testDir }) =>
    project === undefined
      ? (name === undefined || !needed.has(name)) && isIn(file, testDir)
      : name === project,
  )
  const wanted = new Set<PlaywrightTestProject>()
  const want = (each: PlaywrightTestProject | undefined): void => {
    if (!each || wanted.has(each)) return
    wanted.add(each)
    for (const name of needs(each)) want(projects.find((other) => other.name === name))
  }
  want(one)
  return [...wanted].map((each) => ({
    ...each,
    ...(each === one ? onlyFile : {}),
    retries: 0,
    repeatEach: 1,
    timeout: 0,
  }))
}

/** The projects that one cannot do without. */
function needs({ dependencies = [], teardown }: PlaywrightTestProject): readonly string[] {
  return teardown === undefined ? dependencies : [...dependencies, teardown]
}

function isIn(file: string, folder: string | undefined): boolean {
  if (folder === undefined) return true
  const path = relative(folder, file)
  return !path.startsWith('..') && !isAbsolute(path)
}
