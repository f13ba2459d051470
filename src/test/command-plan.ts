import type { SealedPlan } from '../sandbox/sealed-plan.ts'

/** What `fledge test` tells the configuration that it runs Playwright with. */
export interface CommandPlan {
  /** The working directory of the command. */
  readonly folder: string
  /** Where tests are looked for when there is no configuration. */
  readonly testFolder: string
  /** Files that are tests whatever their names, as they were named themselves. */
  readonly files: readonly string[]
  /** From `--image`; none leaves the choice to the tests. */
  readonly images: readonly string[]
  /** The user's own configuration file, to be run on the images. */
  readonly config?: string | undefined
  /** From `--verbose`: every step is told as it ends. */
  readonly verbose?: boolean
  /** From `--pause-on-failure`. */
  readonly pauseOnFailure?: boolean
  /** From `--repeat`: how often each test runs, and what decides on the order. */
  readonly repeat?: { readonly times: number; readonly seed?: string }
  /** From `--sandbox`: what is done in the seal that this process is in. */
  readonly sealed?: SealedPlan
  /** From `fledge repl FILE`. */
  readonly prompt?: PromptPlan
}

/** What `fledge repl FILE` tells, whose prompt is in the place of a test. */
export interface PromptPlan {
  /** The file, as an absolute path. */
  readonly file: string
  /** Of the test. Default: the first. */
  readonly line?: number
  /** Of those of the configuration. Default: the first that has the file. */
  readonly project?: string
  /** The command line's own file, and the options with which it runs the tests. */
  readonly main: string
  readonly args: readonly string[]
}

/** Workers load the configuration again, so the plan has to reach them too. */
const variable = 'FLEDGE_TEST_PLAN'

/** The variable of the environment that carries a plan. */
export function planEnvironment(plan: CommandPlan): Readonly<Record<string, string>> {
  return { [variable]: JSON.stringify(plan) }
}

/** The plan of the `fledge test` that this process is part of. */
export function currentPlan(): CommandPlan {
  const text = process.env[variable]
  if (text !== undefined) return JSON.parse(text) as CommandPlan
  const folder = process.cwd()
  return { folder, testFolder: folder, files: [], images: [] }
}
