import { relative, resolve } from 'node:path'

import { partsOfFiles } from './file-parts.ts'
import type { KnownInputs } from './known-inputs.ts'
import { noteLast } from './last-verdict.ts'
import { launchNow } from './launch-now.ts'
import type { Part } from './part.ts'
import { portable } from './portable-launch.ts'
import { withNeeded } from './project-needs.ts'
import type { BlobReport } from './read-blob.ts'
import { type Recalled, recallVerdicts } from './recall-verdicts.ts'
import { type Remembering, rememberVerdicts } from './remember-verdicts.ts'
import { toolParts } from './tool-parts.ts'
import type { RememberedLaunch } from './verdict-entry.ts'
import type { VerdictPlace } from './verdict-place.ts'
import { VerdictStore } from './verdict-store.ts'

/** What a run has to do with verdicts. */
export interface MemoryOptions {
  readonly place: VerdictPlace
  readonly inputs: KnownInputs
  /** Options of the command line. */
  readonly options: readonly Part[]
  /** The version of Playwright. */
  readonly playwright: string
  readonly signal: AbortSignal
}

/** A launch as the run has seen it: with absolute paths. */
export interface SeenLaunch extends RememberedLaunch {
  /** The test file that asked for it; absent when that is not known. */
  readonly file?: string | undefined
}

/** The verdicts that a run finds, and those that it leaves. */
export class Memory implements AsyncDisposable {
  readonly #options: MemoryOptions
  readonly #store: VerdictStore
  readonly #parts: ReadonlyMap<string, readonly Part[]>
  #found: ReadonlySet<string> = new Set()

  private constructor(options: MemoryOptions, store: VerdictStore, parts: Memory['parts']) {
    this.#options = options
    this.#store = store
    this.#parts = parts
  }

  static async open(options: MemoryOptions): Promise<Memory> {
    const parts = await partsNow(options)
    return new Memory(options, await VerdictStore.open(options.place, options.signal), parts)
  }

  /** The parts of each test file, by its path from the project's folder. */
  get parts(): ReadonlyMap<string, readonly Part[]> {
    return this.#parts
  }

  /**
   * The verdicts that hold, by the paths of the test files from the project's folder. A file that has to run with another, whose project
   * depends on its, has none.
   *
   * @param wantsEvidence whether reports are to be made of the evidence
   */
  async recall({
    wantsEvidence,
  }: {
    readonly wantsEvidence: boolean
  }): Promise<ReadonlyMap<string, Recalled>> {
    const { inputs } = this.#options
    const all = await recallVerdicts(this.#parts, {
      store: this.#store,
      launchNow: launchNow(inputs.home),
      wantsEvidence,
    })
    this.#found = new Set(all.keys())
    const missing = [...inputs.tests.keys()].filter((file) => !all.has(relative(inputs.home, file)))
    const running = new Set([...withNeeded(missing, inputs)].map((file) => relative(inputs.home, file)))
    const held = new Map([...all].filter(([file]) => !running.has(file)))
    for (const { entry } of held.values()) await noteLast(this.#options.place, inputs.home, entry)
    return held
  }

  /** Whether the last recall found a verdict of a file, though it may have to run with another. */
  holds(file: string): boolean {
    return this.#found.has(file)
  }

  /** Keeps the verdicts of what ran. What the test files depend on is read again, as it may have changed. */
  async remember(ran: BlobReport, seen: readonly SeenLaunch[]): Promise<Remembering> {
    const { home } = this.#options.inputs
    const launches = new Map<string, RememberedLaunch[]>()
    const everywhere = seen.filter(({ file }) => file === undefined)
    for (const file of this.#parts.keys()) {
      const own = seen.filter((launch) => launch.file !== undefined && relative(home, launch.file) === file)
      launches.set(file, different([...everywhere, ...own].map((launch) => portable(plain(launch), home))))
    }
    const done = await rememberVerdicts({
      ran,
      fileOf: (path) => relative(home, resolve(ran.config.rootDir, path)),
      before: this.#parts,
      now: await partsNow(this.#options),
      launches,
      store: this.#store,
    })
    for (const entry of done.kept) await noteLast(this.#options.place, home, entry)
    return done
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]()
  }
}

async function partsNow({
  inputs,
  options,
  playwright,
  place,
}: MemoryOptions): Promise<ReadonlyMap<string, readonly Part[]>> {
  const parts = [...options, ...(await toolParts(playwright))]
  return partsOfFiles(inputs, { parts, key: place.key })
}

function plain({ image, options, templateKey, sources }: SeenLaunch): RememberedLaunch {
  return { image, options, templateKey, sources }
}

/** A file whose tests all launch the same machine launches it once. */
function different(launches: readonly RememberedLaunch[]): RememberedLaunch[] {
  return [...new Map(launches.map((launch) => [JSON.stringify(launch), launch])).values()]
}
