import { createWriteStream, type WriteStream } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'

/** How much of a console is kept in memory; older output is dropped. */
const keptLimit = 1 << 20
/** A serial port gives its bytes one by one; so many pieces are joined, as each costs more than its byte. */
const piecesLimit = 4096
/** How much of a console goes to a file; a guest that floods it must not fill the host's disk. */
const fileLimit = 64 << 20

/** All control characters but tabs and line ends. */
const controls = /[^\P{Cc}\t\n]/gu

/** What a machine wrote to its serial console: its end in memory and, on demand, all of it in a file. */
export class ConsoleLog {
  #kept: Buffer[] = []
  #keptBytes = 0
  #file: WriteStream | undefined
  #fileBytes = 0

  constructor(path?: string) {
    if (path === undefined) return
    this.#file = createWriteStream(path)
    // A full disk must not end the machine: the end of the console is in memory all the same.
    this.#file.on('error', () => (this.#file = undefined))
  }

  /** Adds what the machine has just written. */
  append(bytes: Buffer): void {
    this.#kept.push(bytes)
    this.#keptBytes += bytes.length
    if (this.#kept.length > piecesLimit || this.#keptBytes > 2 * keptLimit) {
      // A copy, so that what came before can go.
      this.#kept = [Buffer.from(this.#end())]
      this.#keptBytes = this.#kept[0]?.length ?? 0
    }
    this.#fileBytes += bytes.length
    if (this.#fileBytes <= fileLimit) this.#file?.write(bytes)
    else this.close('\n[the rest of the console is left out]\n')
  }

  /** All that is kept, at most 1 MiB, as the machine wrote it. */
  text(): string {
    return this.#end().toString('utf8')
  }

  /** The last lines, without control characters and without empty lines. */
  tail(lines = 20): string {
    const clean = stripVTControlCharacters(this.text().slice(-16_384)).replaceAll(controls, '')
    const kept = clean.split('\n').filter((line) => line.trim() !== '')
    return kept.slice(-lines).join('\n')
  }

  /** Ends the file. */
  close(lastWords = ''): void {
    this.#file?.end(lastWords)
    this.#file = undefined
  }

  #end(): Buffer {
    return Buffer.concat(this.#kept).subarray(-keptLimit)
  }
}
