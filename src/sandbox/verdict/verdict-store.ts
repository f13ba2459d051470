import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'

import * as v from 'valibot'

import { notice } from '../../util/notice.ts'
import type { FileStore } from './file-store.ts'
import { folderStore } from './folder-store.ts'
import { httpStore } from './http-store.ts'
import { verdictKey } from './part.ts'
import { openSigned, signText } from './signed-text.ts'
import { type VerdictEntry, verdictEntrySchema } from './verdict-entry.ts'
import type { VerdictPlace } from './verdict-place.ts'

/** The names of the files of verdicts. */
export const verdictNames = {
  entry: (key: string): string => `verdict-${key}.json`,
  evidence: (digest: string): string => `evidence-${digest}.zip`,
} as const

const parsed = v.pipe(v.string(), v.parseJson(), verdictEntrySchema)

/**
 * Verdicts in a folder or on a server. What is not right with one is said, and it is as if it were not there; a place that cannot be
 * reached is said once, and not asked again.
 */
export class VerdictStore implements AsyncDisposable {
  readonly #files: FileStore
  readonly #key: string | undefined
  readonly #writes: boolean
  readonly #signal: AbortSignal
  readonly #lost = new Set<'read' | 'written'>()

  private constructor(files: FileStore, { key, writes }: VerdictPlace, signal: AbortSignal) {
    this.#files = files
    this.#signal = signal
    this.#key = key
    this.#writes = writes
  }

  static async open(place: VerdictPlace, signal: AbortSignal): Promise<VerdictStore> {
    const files = place.isServer ? await httpStore(place.place, signal) : folderStore(place.place)
    return new VerdictStore(files, place, signal)
  }

  /** The verdict of a key. */
  async find(key: string): Promise<VerdictEntry | undefined> {
    const name = verdictNames.entry(key)
    const file = await this.#reach('read', () => this.#files.read(name))
    if (file === undefined) return undefined
    const opened = openSigned(file, this.#key)
    if ('refused' in opened) return this.#refuse(name, opened.refused)
    const { success, output } = v.safeParse(parsed, opened.text)
    if (!success) return this.#refuse(name, 'this version of fledge cannot read it')
    // It may be the verdict of another, under this name.
    if (output.key !== key || verdictKey(output.file, output.parts) !== key)
      return this.#refuse(name, 'it is of something else')
    return output
  }

  /** The path of a verdict's piece of evidence. */
  async evidence({ evidence: { digest, bytes } }: VerdictEntry): Promise<string | undefined> {
    const name = verdictNames.evidence(digest)
    const path = await this.#reach('read', () => this.#files.fetch(name))
    if (path === undefined) return undefined
    const isRight = (await stat(path)).size === bytes && (await digestOfFile(path)) === digest
    return isRight ? path : this.#refuse(name, 'it is not what was remembered')
  }

  /** Keeps a verdict and the piece of evidence at a path, unless the place is only read. */
  async keep(verdict: Omit<VerdictEntry, 'evidence'>, piece: string): Promise<VerdictEntry> {
    const evidence = { digest: await digestOfFile(piece), bytes: (await stat(piece)).size }
    const entry: VerdictEntry = { ...verdict, evidence }
    if (!this.#writes) return entry
    await this.#reach('written', async () => {
      await this.#files.write(verdictNames.evidence(evidence.digest), { path: piece })
      await this.#files.write(verdictNames.entry(entry.key), {
        text: signText(JSON.stringify(entry), this.#key),
      })
    })
    return entry
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#files[Symbol.asyncDispose]()
  }

  async #reach<T>(how: 'read' | 'written', work: () => Promise<T>): Promise<T | undefined> {
    if (this.#lost.has('read') || this.#lost.has(how)) return undefined
    try {
      return await work()
    } catch (error) {
      this.#signal.throwIfAborted()
      this.#lost.add(how)
      const why = error instanceof Error ? error.message : String(error)
      notice(
        `verdicts in "${this.#files.place}" cannot be ${how} (${why}): ${how === 'read' ? 'all tests run' : 'what ran is not remembered'}`,
        'What is in FLEDGE_VERDICTS, or --verdicts, has to be a folder of yours, or a server that knows GET and PUT',
      )
      return undefined
    }
  }

  #refuse(name: string, why: string): undefined {
    notice(
      `"${name}" in "${this.#files.place}" is refused, ${why}: its tests run`,
      'Remove it, unless another FLEDGE_VERDICTS_KEY is meant to be used with these verdicts',
    )
  }
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const bytes of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(bytes as Buffer)
  return hash.digest('hex')
}
