import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Worker as Thread } from 'node:worker_threads'

import type { Worker } from 'tesseract.js'

import { EnvironmentError } from '../errors.ts'
import { hasCode } from '../util/has-code.ts'
import { deferred } from '../util/with-deadline.ts'
import type { PagePart } from './page.ts'

/** One line that was recognised, and where; in pixels of the page. */
export interface EngineLine {
  readonly words: readonly {
    readonly text: string
    /** From 0 to 100. */
    readonly confidence: number
    readonly bbox: PagePart
  }[]
}

/** How long an engine that nobody uses is kept: loading one takes as long as reading ten lines. */
const defaultLingerMs = 5_000
/** One block of lines, as a {@link Page} is; Tesseract's `PSM_SINGLE_BLOCK`. */
const singleBlock = '6'
/** Tesseract's `OEM_LSTM_ONLY`. */
const neuralOnly = 1

/** What tesseract.js gives besides what its types tell: the thread that it runs in. */
interface RunningWorker extends Worker {
  readonly worker: Thread
}

/**
 * Tesseract in a thread of its own, one for the whole process: it is loaded once, reads one page after another, and ends
 * by itself some seconds after its last use. It never keeps a process from ending.
 */
export class TextEngine {
  #worker: Promise<RunningWorker> | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #users = 0
  #idle: NodeJS.Timeout | undefined
  readonly #lingerMs: number

  constructor({ lingerMs = defaultLingerMs }: { readonly lingerMs?: number } = {}) {
    this.#lingerMs = lingerMs
  }

  /** Loads the engine, and keeps it until what this returns is disposed of. */
  hold(): Disposable {
    clearTimeout(this.#idle)
    this.#users++
    this.#load().catch(() => {}) // Who reads is told.
    return {
      [Symbol.dispose]: () => {
        if (--this.#users === 0) this.#idle = setTimeout(() => this.#end(), this.#lingerMs).unref()
      },
    }
  }

  /**
   * Reads a page, after those that were there before.
   *
   * @param signal ends the reading at once, by ending the thread
   * @throws EnvironmentError `ERR_FLEDGE_TOOL_MISSING` when tesseract.js or its data is not installed
   */
  async read(page: Buffer, signal: AbortSignal): Promise<EngineLine[]> {
    using _ready = this.hold()
    const { promise: cut, reject } = deferred<never>()
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    try {
      const mine = this.#turn.then(() => this.#readNow(page, signal))
      this.#turn = mine.catch(() => {})
      return await Promise.race([mine, cut])
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  async #readNow(page: Buffer, signal: AbortSignal): Promise<EngineLine[]> {
    signal.throwIfAborted()
    const worker = await this.#load()
    signal.throwIfAborted()
    const { worker: thread } = worker
    const { promise: cut, reject } = deferred<never>()
    const fail = (reason: unknown): void => {
      this.#end()
      reject(reason)
    }
    // A thread that has ended never answers.
    const ended = (code: number): void => fail(new Error(`tesseract.js ended with ${code} while it read`))
    const abort = (): void => fail(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    thread.once('error', fail).once('exit', ended).ref()
    try {
      const { data } = await Promise.race([worker.recognize(page, {}, { text: false, blocks: true }), cut])
      return (data.blocks ?? []).flatMap(({ paragraphs }) => paragraphs.flatMap(({ lines }) => lines))
    } finally {
      signal.removeEventListener('abort', abort)
      thread.off('error', fail).off('exit', ended).unref()
    }
  }

  #load(): Promise<RunningWorker> {
    this.#worker ??= startWorker().catch((error: unknown) => {
      this.#worker = undefined
      throw error
    })
    return this.#worker
  }

  #end(): void {
    const ending = this.#worker
    this.#worker = undefined
    ending?.then((worker) => worker.terminate()).catch(() => {}) // One that never started need not end.
  }
}

async function startWorker(): Promise<RunningWorker> {
  const { default: tesseract, data } = await installed()
  const { promise: failed, reject } = deferred<never>()
  const errorHandler = (reason: unknown): void =>
    reject(new EnvironmentError('ERR_FLEDGE_TOOL_MISSING', `Cannot start tesseract.js: ${String(reason)}`))
  const options = { langPath: data, cacheMethod: 'none', errorHandler }
  const starting = tesseract.createWorker('eng', neuralOnly, options)
  const worker = (await Promise.race([starting, failed])) as RunningWorker
  await worker.setParameters({ tessedit_pageseg_mode: singleBlock as never, user_defined_dpi: '150' })
  worker.worker.unref()
  return worker
}

/** tesseract.js, and the folder with its data, which it would else download. */
async function installed(): Promise<{ default: typeof import('tesseract.js'); data: string }> {
  try {
    const { default: tesseract } = await import('tesseract.js')
    const manifest = createRequire(import.meta.url).resolve('@tesseract.js-data/eng/package.json')
    return { default: tesseract, data: join(dirname(manifest), '4.0.0_best_int') }
  } catch (cause) {
    if (!hasCode(cause, 'ERR_MODULE_NOT_FOUND') && !hasCode(cause, 'MODULE_NOT_FOUND')) throw cause
    const message = 'Cannot read text on a screen: tesseract.js and its data are not installed'
    const hint = 'npm install --save-dev tesseract.js @tesseract.js-data/eng'
    throw new EnvironmentError('ERR_FLEDGE_TOOL_MISSING', message, { cause, hint })
  }
}
