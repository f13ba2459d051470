import { createWriteStream, type WriteStream } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { stripVTControlCharacters } from 'node:util'

import { LineLog } from './line-log.ts'

/** How much of a console is kept in memory; older output is dropped. */
const keptLimit = 1 << 20
/** A serial port gives its bytes one by one; so many pieces are joined, as each costs more than its byte. */
const piecesLimit = 4096
/** How much of a console goes to a file; a guest that floods it must not fill the host's disk. */
const fileLimit = 64 << 20

/** All control characters but tabs and line ends. */
const controls = /[^\P{Cc}\t\n]/gu

/** What was written within so many milliseconds counts as written at once. */
const momentMs = 20

/** What a machine wrote to its console at one moment. */
export interface ConsolePiece {
  /** Milliseconds since 1970 on the host's clock. */
  readonly timeMs: number
  readonly text: string
}

/** Where in all that was written a moment begins. */
interface Mark {
  readonly timeMs: number
  readonly offset: number
}

/** What a machine wrote to its serial console: its end in memory and, on demand, all of it in a file. */
export class ConsoleLog {
  /** The same by lines, for those who look for something in it. */
  readonly lines: LineLog = new LineLog()
  #kept: Buffer[] = []
  #keptBytes = 0
  #allBytes = 0
  #marks: Mark[] = []
  #file: WriteStream | undefined
  #fileBytes = 0
  readonly #listeners = new Set<(bytes: Buffer) => void>()

  constructor(path?: string) {
    if (path === undefined) return
    this.#file = createWriteStream(path)
    // A full disk must not end the machine: the end of the console is in memory all the same.
    this.#file.on('error', () => (this.#file = undefined))
  }

  /** Adds what the machine has just written. */
  append(bytes: Buffer): void {
    this.lines.append(bytes)
    for (const listener of this.#listeners) listener(bytes)
    const timeMs = Date.now()
    if (Math.abs(timeMs - (this.#marks.at(-1)?.timeMs ?? Number.NEGATIVE_INFINITY)) >= momentMs)
      this.#marks.push({ timeMs, offset: this.#allBytes })
    this.#allBytes += bytes.length
    this.#kept.push(bytes)
    this.#keptBytes += bytes.length
    if (this.#kept.length > piecesLimit || this.#keptBytes > 2 * keptLimit) {
      // A copy, so that what came before can go.
      this.#kept = [Buffer.from(this.#end())]
      this.#keptBytes = this.#kept[0]?.length ?? 0
      this.#marks = this.#keptMarks()
    }
    this.#fileBytes += bytes.length
    if (this.#fileBytes <= fileLimit) this.#file?.write(bytes)
    else this.close('\n[the rest of the console is left out]\n')
  }

  /** Calls back with what the machine writes from now on, until what it returns is called. */
  onAppend(listener: (bytes: Buffer) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** All that is kept, at most 1 MiB, as the machine wrote it. */
  text(): string {
    return this.#end().toString('utf8')
  }

  /** The same, byte by byte. */
  bytes(): Buffer {
    return this.#end()
  }

  /** The same in pieces, each with the time at which it was written. */
  pieces(): ConsolePiece[] {
    const bytes = this.#end()
    const start = this.#allBytes - bytes.length
    const marks = this.#keptMarks()
    // A character may be cut in half between two pieces.
    const decoder = new StringDecoder('utf8')
    return marks.map(({ timeMs, offset }, index) => {
      const end = (marks[index + 1]?.offset ?? this.#allBytes) - start
      return { timeMs, text: decoder.write(bytes.subarray(Math.max(0, offset - start), end)) }
    })
  }

  /** The last lines, and before them all that have a mark in them, without control characters and without empty lines. */
  tail(lines = 20, mark?: string): string {
    const text = mark === undefined ? this.text().slice(-16_384) : this.text()
    const clean = stripVTControlCharacters(text).replaceAll(controls, '')
    const kept = clean.split('\n').filter((line) => line.trim() !== '')
    const isShown = (line: string, index: number): boolean =>
      index >= kept.length - lines || (mark !== undefined && line.includes(mark))
    return kept.filter(isShown).join('\n')
  }

  /** Ends the file. */
  close(lastWords = ''): void {
    this.#file?.end(lastWords)
    this.#file = undefined
  }

  /** The marks of what is kept, the one in which it begins among them. */
  #keptMarks(): Mark[] {
    const start = this.#allBytes - Math.min(this.#keptBytes, keptLimit)
    const first = this.#marks.findLastIndex(({ offset }) => offset <= start)
    return this.#marks.slice(Math.max(0, first))
  }

  #end(): Buffer {
    return Buffer.concat(this.#kept).subarray(-keptLimit)
  }
}
