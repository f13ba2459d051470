import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

import * as v from 'valibot'

import { notice } from '../../util/notice.ts'
import type { FoundInputs } from '../find-sealed-inputs.ts'
import type { Sealing } from '../sealing.ts'
import type { TestRun } from '../test-run.ts'
import { withoutReporters } from '../without-reporters.ts'
import type { KnownInputs } from './known-inputs.ts'
import { Memory } from './memory.ts'
import { quietReporter } from './merge-reports.ts'
import { optionParts, seenEnvironment } from './option-parts.ts'
import { type BlobReport, readBlob } from './read-blob.ts'
import type { Recalled } from './recall-verdicts.ts'
import { reportWhole } from './report-whole.ts'
import { placed, type ReporterDescription, splitReporters, type SplitReporters } from './reporters.ts'
import { cachedLines, summary } from './tell-cached.ts'
import type { VerdictPlace } from './verdict-place.ts'

/** What is done with verdicts in a sealed run. */
export interface VerdictChoice {
  readonly place: VerdictPlace
  /** Runs all tests, whatever is remembered. */
  readonly rerun: boolean
  /** Options of the command line, as `--retries=2`. */
  readonly options: readonly string[]
}

/** A run, with all that is known of it before it begins. */
interface Known {
  readonly run: TestRun
  readonly found: FoundInputs
  readonly inputs: KnownInputs
  readonly reporters: SplitReporters
  readonly sealing: Sealing
}

/**
 * Runs the tests whose verdicts are not remembered, remembers those that passed, and has all of them reported.
 *
 * @returns the exit status of Playwright, or 0 when nothing had to run
 */
export async function runWithVerdicts(
  run: TestRun,
  about: FoundInputs,
  choice: VerdictChoice,
  sealing: Sealing,
): Promise<number> {
  const [startTime, begin] = [Date.now(), performance.now()]
  const inputs = knownInputs(run, about)
  const known = { run, found: about, inputs, sealing, reporters: splitReporters(reportersOf(run, about)) }
  const { style, whole } = known.reporters
  await using memory = await openMemory(run, about, choice, sealing.env)
  const found = choice.rerun ? new Map() : await memory.recall({ wantsEvidence: whole.length > 0 })
  // Without some files, Playwright would put others into this part of the tests.
  const isPart = shardOf(run.args) !== undefined && found.size < inputs.tests.size
  const held: ReadonlyMap<string, Recalled> = isPart ? new Map() : found
  const entries = [...held.values()].map(({ entry }: Recalled) => entry)
  if (entries.length > 0 && style !== 'none')
    process.stdout.write(`\n${cachedLines(entries, style, inputs.projects)}\n`)
  const folder = await mkdtemp(join(tmpdir(), 'fledge-run-'))
  try {
    const ran =
      held.size < inputs.tests.size || held.size === 0 ? await runRest(known, folder, held) : undefined
    if (ran?.read) await remember(memory, ran.read, known)
    if (whole.length > 0 && (ran === undefined || existsSync(ran.path))) {
      await reportWhole({
        ...{ ran, held: held.values(), startTime, duration: performance.now() - begin },
        folder: join(about.listing.projects[0]?.outputDir ?? run.folder, 'report-files'),
        rootDir: about.listing.rootDir,
        reporters: whole,
        config: mergeConfig(run),
        playwright: (args, text) => sealing.playwright({ args, texts: [{ path: mergeConfig(run), text }] }),
      })
    }
    if (entries.length > 0 && style !== 'none') process.stdout.write(`\n${summary(entries, ran?.read)}\n`)
    return ran?.exitCode ?? 0
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What a run depends on, as verdicts know it. */
function knownInputs({ folder }: TestRun, { inputs, listing }: FoundInputs): KnownInputs {
  return { ...inputs, home: folder, projects: listing.projects }
}

/** The verdicts that a run may find. */
export async function openMemory(
  run: TestRun,
  found: FoundInputs,
  { place, options }: Pick<VerdictChoice, 'place' | 'options'>,
  env: Sealing['env'],
): Promise<Memory> {
  return Memory.open({
    place,
    inputs: { ...knownInputs(run, found), environment: seenEnvironment(env, found.inputs.environment) },
    options: optionParts(options),
    playwright: await versionOf(run.cli),
    signal: new AbortController().signal,
  })
}

/** Where the configuration of merging is seen: in place of the user's, if that is a file of the same kind of module. */
function mergeConfig({ config, folder }: TestRun): string {
  return config !== undefined && /\.(?:ts|mts|mjs)$/.test(config) ? config : join(folder, 'fledge.config.mjs')
}

interface Ran {
  readonly exitCode: number
  readonly path: string
  /** Absent when it cannot be read, which was said. */
  readonly read?: BlobReport | undefined
}

/** Runs the tests that nothing is remembered of. */
async function runRest(
  { run, reporters, sealing }: Known,
  folder: string,
  held: ReadonlyMap<string, Recalled>,
): Promise<Ran> {
  const path = join(folder, 'report.zip')
  const { live, style } = reporters
  const exitCode = await sealing.playwright({
    machines: true,
    args: ['test', ...run.configArgs, ...withoutReporters(run.args).rest],
    plan: {
      reporters: [...live, ...(style === 'none' ? [quietReporter] : []), ['blob']],
      held: [...held.keys()].map((file) => resolve(run.folder, file)),
    },
    env: { PLAYWRIGHT_BLOB_OUTPUT_FILE: path },
    writable: [folder],
  })
  try {
    return { exitCode, path, read: existsSync(path) ? await readBlob(path) : undefined }
  } catch (error) {
    notRemembered(error)
    return { exitCode, path }
  }
}

async function remember(memory: Memory, ran: BlobReport, { sealing }: Known): Promise<void> {
  try {
    await memory.remember(ran, await sealing.launches())
  } catch (error) {
    notRemembered(error)
  }
}

/** The tests have run all the same. */
function notRemembered(error: unknown): void {
  const why = error instanceof Error ? error.message : String(error)
  notice(
    `the verdicts of this run are not remembered: its report cannot be read (${why})`,
    'A newer Playwright may need a newer fledge',
  )
}

function reportersOf({ args, folder }: TestRun, { listing }: FoundInputs): readonly ReporterDescription[] {
  const { reporters, added } = withoutReporters(args)
  const shard = shardOf(args)
  return [...(reporters?.map(named) ?? listing.reporters), ...added.map(named)].map((each) =>
    placed(each, folder, shard),
  )
}

/** The part of the tests that is asked for, as `1/3`. */
function shardOf(args: readonly string[]): string | undefined {
  const pattern = /^--shard(?:=(.*))?$/
  const at = args.findIndex((each) => pattern.test(each))
  return at === -1 ? undefined : (pattern.exec(args[at] ?? '')?.[1] ?? args[at + 1])
}

function named(name: string): ReporterDescription {
  const path = resolve(name)
  return [existsSync(path) ? path : name]
}

const packageSchema = v.pipe(v.string(), v.parseJson(), v.object({ version: v.string() }))

async function versionOf(cli: string): Promise<string> {
  return v.parse(packageSchema, await readFile(join(dirname(cli), 'package.json'), 'utf8')).version
}
