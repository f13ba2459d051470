import { type FileHandle, open, readFile, rm } from 'node:fs/promises'

import * as v from 'valibot'

import { hasCode } from '../../util/has-code.ts'
import { replaceFile } from '../../util/replace-file.ts'
import { writeWhole } from '../../util/whole-io.ts'
import type { Algorithm, Digests } from './digests.ts'
import { FileDigest } from './file-digest.ts'

/** What was told of the file when its download began; by it a server knows whether it still has the same. */
export interface Origin {
  readonly url: string
  readonly etag?: string | undefined
  readonly lastModified?: string | undefined
  /** The size of the whole file. */
  readonly total?: number | undefined
}

const originSchema: v.GenericSchema<unknown, Origin> = v.object({
  url: v.string(),
  etag: v.optional(v.string()),
  lastModified: v.optional(v.string()),
  total: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
})

/** So much is written at once, */
const batchBytes = 2 ** 20
/** or so many pieces. */
const batchChunks = 256

/**
 * A file that is being downloaded, with the digest of what is there so far. It stays when its process ends, so that another
 * can go on with it. Only the holder of the download's lock has it open.
 */
export class PartFile implements AsyncDisposable {
  readonly path: string
  readonly #file: FileHandle
  readonly #digest: FileDigest
  /** What is not written yet. */
  #chunks: Uint8Array[] = []
  #size: number
  #written: number
  /** The last write. */
  #busy: Promise<void> = Promise.resolve()

  private constructor(path: string, file: FileHandle, size: number, algorithms: readonly Algorithm[]) {
    this.path = path
    this.#file = file
    this.#size = size
    this.#written = size
    this.#digest = new FileDigest(file.fd, algorithms)
    this.#digest.follow(size)
  }

  /** Opens or makes one. */
  static async open(path: string, algorithms: readonly Algorithm[]): Promise<PartFile> {
    const file = await open(path, 'r+').catch((error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw error
      return open(path, 'wx+')
    })
    return new PartFile(path, file, (await file.stat()).size, algorithms)
  }

  /** The bytes that are there. */
  get size(): number {
    return this.#size
  }

  /** Adds bytes at the end, which nobody may change after that. They are in the file at the latest after {@link settle}. */
  async append(bytes: Uint8Array): Promise<void> {
    this.#chunks.push(bytes)
    this.#size += bytes.length
    if (this.#size - this.#written < batchBytes && this.#chunks.length < batchChunks) return
    // One after the other: should this process be killed, what is there has no holes.
    await this.#busy
    this.#busy = this.#write()
    this.#busy.catch(() => {})
  }

  /** Waits until all that was added is in the file. */
  async settle(): Promise<void> {
    await this.#busy
    await this.#write()
  }

  /** The digests of what is there. */
  async digests(): Promise<Digests> {
    await this.settle()
    return this.#digest.digests()
  }

  /** Forgets all that is there. */
  async restart(): Promise<void> {
    await this.settle()
    await rm(originPath(this.path), { force: true })
    // A file that was ever cut to nothing has ext4 write all of it to the disk as it is closed.
    if (this.#size === 0) return
    await this.#file.truncate(0)
    this.#size = 0
    this.#written = 0
    this.#digest.reset()
  }

  /** What was told when its first byte came, if anyone noted it. */
  async origin(): Promise<Origin | undefined> {
    const text = await readFile(originPath(this.path), 'utf8').catch(() => undefined)
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), originSchema), text)
    return parsed.success ? parsed.output : undefined
  }

  async setOrigin(origin: Origin): Promise<void> {
    await replaceFile(originPath(this.path), `${JSON.stringify(origin)}\n`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#busy.catch(() => {})
    await this.#digest[Symbol.asyncDispose]()
    await this.#file.close()
  }

  async #write(): Promise<void> {
    const chunks = this.#chunks
    const position = this.#written
    if (chunks.length === 0) return
    this.#chunks = []
    this.#written = this.#size
    const { bytesWritten } = await this.#file.writev(chunks, position)
    const end = position + chunks.reduce((sum, { length }) => sum + length, 0)
    if (position + bytesWritten < end) {
      await writeWhole(this.#file, Buffer.concat(chunks).subarray(bytesWritten), position + bytesWritten)
    }
    this.#digest.follow(end)
  }
}

/** Where the origin of a part is noted. */
export function originPath(part: string): string {
  return `${part}.json`
}
