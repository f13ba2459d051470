import { Worker } from 'node:worker_threads'

import { deferred } from '../../util/with-deadline.ts'
import type { Algorithm, Digests } from './digests.ts'

/** As text, as it has to run from the sources and from the few files of the package alike. */
const program = `
const { createHash } = require('node:crypto')
const { readSync } = require('node:fs')
const { parentPort, workerData: { descriptor, algorithms } } = require('node:worker_threads')
const block = Buffer.allocUnsafeSlow(2 ** 18)
const start = () => algorithms.map((algorithm) => createHash(algorithm))
let hashes = start()
let at = 0
parentPort.on('message', ({ ask, end }) => {
  if (ask === 'reset') {
    hashes = start()
    at = 0
  }
  while (at < end) {
    const length = readSync(descriptor, block, 0, Math.min(block.length, end - at), at)
    // It was cut meanwhile, of which we are told next.
    if (length === 0) break
    for (const hash of hashes) hash.update(block.subarray(0, length))
    at += length
  }
  if (ask === 'digests') parentPort.postMessage(hashes.map((hash) => hash.copy().digest('hex')))
})`

/**
 * The digests of a file that grows, computed in a thread of its own: hashing takes as long as receiving does, and would halve the
 * rate. It reads what is in the file, so that this is what is known, and not what was meant to be written.
 */
export class FileDigest implements AsyncDisposable {
  readonly #algorithms: readonly Algorithm[]
  readonly #worker: Worker
  readonly #failed = deferred<never>()

  /** @param descriptor of the file, which has to be open as long as this is */
  constructor(descriptor: number, algorithms: readonly Algorithm[]) {
    this.#algorithms = algorithms
    this.#worker = new Worker(program, { eval: true, workerData: { descriptor, algorithms }, execArgv: [] })
    this.#worker.on('error', (error) => this.#failed.reject(error))
  }

  /** Takes in what is in the file up to there. */
  follow(end: number): void {
    this.#worker.postMessage({ end }, [])
  }

  /** Begins anew, as the file was cut to nothing. */
  reset(): void {
    this.#worker.postMessage({ ask: 'reset', end: 0 }, [])
  }

  /** The digests of all that was taken in; more may follow. */
  async digests(): Promise<Digests> {
    const { promise, resolve } = deferred<readonly string[]>()
    this.#worker.once('message', resolve)
    this.#worker.postMessage({ ask: 'digests', end: 0 }, [])
    const found = await Promise.race([promise, this.#failed.promise])
    return Object.fromEntries(this.#algorithms.map((algorithm, index) => [algorithm, found[index] ?? '']))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate()
  }
}
