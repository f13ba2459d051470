/** How a call began, as the first line of its script says. */
export type CallHead =
  | { readonly pid: number; readonly rest: Buffer }
  | { readonly errno: string; readonly message: string }

/** The most that login scripts may say before it. */
const limit = 1 << 20

/** Finds the line with a call's token in its standard output; what login scripts say before it is dropped. */
export class CallHeadScanner {
  readonly #token: string
  #kept: Buffer = Buffer.alloc(0)

  constructor(token: string) {
    this.#token = token
  }

  /** How the call began, once that is known. */
  push(bytes: Buffer): CallHead | undefined {
    const all = Buffer.concat([this.#kept, bytes])
    const at = all.indexOf(this.#token)
    const end = at < 0 ? -1 : all.indexOf('\n', at)
    if (end < 0) {
      this.#kept = at < 0 ? all.subarray(-limit) : all.subarray(at)
      return undefined
    }
    const [word, value = '', ...rest] = all
      .subarray(at + this.#token.length, end)
      .toString('utf8')
      .trim()
      .split(' ')
    if (word === 'start') return { pid: Number(value), rest: all.subarray(end + 1) }
    return { errno: value, message: rest.join(' ') }
  }

  /** What came instead of it, for an error. */
  get said(): string {
    return this.#kept.toString('utf8').trim()
  }
}
