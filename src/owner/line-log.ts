import { StringDecoder } from 'node:string_decoder'
import { stripVTControlCharacters } from 'node:util'

/** How many characters are kept; the oldest lines go first. */
const keptLimit = 1 << 20
/** A line that is longer goes on as another. */
const longestLine = 1 << 16

/** Bytes come one by one from a serial port: so many pieces are read at once while nobody waits for them. */
const unreadPieces = 4096
const unreadBytes = 1 << 16

/** All control characters but tabs. */
const controls = /[^\P{Cc}\t]/gu
/** An escape sequence that has begun and may go on. */
// oxlint-disable-next-line no-control-regex -- escape sequences begin with one
const begunSequence = /\u001b(?:\[[0-?]*[ -/]*|\][^\u0007\u001b]*)?$/

/** A place in a log: a line, counted from the first that ever came, and a character of it. */
export interface LogPlace {
  readonly line: number
  readonly at: number
}

/** What was found, and where to look for the next. */
export interface LogMatch {
  readonly match: RegExpExecArray
  readonly end: LogPlace
}

/**
 * The lines of a console, without what steers a terminal. Each keeps its number, so that whoever reads on from a place
 * misses nothing of what is kept, which is the last MiB.
 */
export class LineLog {
  /** Where the last match of those who wait for text in turn ended. */
  cursor: LogPlace = { line: 0, at: 0 }
  readonly #decoder = new StringDecoder('utf8')
  readonly #listeners = new Set<() => void>()
  #unread: Buffer[] = []
  #unreadBytes = 0
  #lines: string[] = []
  #first = 0
  #keptLength = 0
  #unfinished = ''

  /** Adds bytes as they come, which may end within a line, a sequence or a character. */
  append(bytes: Buffer): void {
    this.#unread.push(bytes)
    this.#unreadBytes += bytes.length
    if (this.#unread.length > unreadPieces || this.#unreadBytes > unreadBytes) this.#read()
    for (const listener of this.#listeners) listener()
  }

  /** The place after the last finished line. */
  get end(): LogPlace {
    this.#read()
    return { line: this.#first + this.#lines.length, at: 0 }
  }

  /** The last line with anything in it. */
  get lastLine(): string | undefined {
    return [this.unfinished, ...this.#lines.slice(-20).toReversed()].find((line) => line.trim() !== '')
  }

  /** The line that has no end yet, as a prompt. */
  get unfinished(): string {
    this.#read()
    return clean(this.#unfinished.replace(begunSequence, ''))
  }

  /** Calls back whenever something is added, until what it returns is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /**
   * Looks for a pattern in each line from a place on.
   *
   * @param options `unfinished`: look at the line that has no end yet, too
   */
  find(pattern: RegExp, from: LogPlace, options: { readonly unfinished: boolean }): LogMatch | undefined {
    const search = new RegExp(pattern.source, `${pattern.flags.replaceAll(/[gy]/g, '')}g`)
    this.#read()
    const lines = options.unfinished ? [...this.#lines, this.unfinished] : this.#lines
    for (let index = Math.max(0, from.line - this.#first); index < lines.length; index++) {
      const line = this.#first + index
      search.lastIndex = line === from.line ? from.at : 0
      const match = search.exec(lines[index] ?? '')
      // An empty match takes a character, so that the next search gets further.
      if (match) return { match, end: { line, at: match.index + Math.max(1, match[0].length) } }
    }
    return undefined
  }

  #read(): void {
    if (this.#unread.length === 0) return
    const [end = '', ...starts] = this.#decoder.write(Buffer.concat(this.#unread)).split('\n')
    this.#unread = []
    this.#unreadBytes = 0
    this.#unfinished += end
    for (const start of starts) {
      this.#finish(this.#unfinished)
      this.#unfinished = start
    }
    while (this.#unfinished.length > longestLine) {
      this.#finish(this.#unfinished.slice(0, longestLine))
      this.#unfinished = this.#unfinished.slice(longestLine)
    }
  }

  #finish(line: string): void {
    const cleaned = clean(line)
    this.#lines.push(cleaned)
    this.#keptLength += cleaned.length + 1
    // Some at once, as each move of an array costs as much as the array is long.
    if (this.#keptLength < 2 * keptLimit) return
    let dropped = 0
    while (this.#keptLength > keptLimit) this.#keptLength -= (this.#lines[dropped++]?.length ?? 0) + 1
    this.#lines.splice(0, dropped)
    this.#first += dropped
  }
}

function clean(line: string): string {
  return stripVTControlCharacters(line).replaceAll(controls, '')
}
