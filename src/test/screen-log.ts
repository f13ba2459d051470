/** A picture of a screen. */
export interface Picture {
  /** Milliseconds since 1970 on the host's clock. */
  readonly timeMs: number
  readonly png: Buffer
}

/** How often the screen is looked at, at first. Short tests have none but the picture of their end. */
const everyMs = 5_000
/** The most that is kept, in pictures and in bytes: of more, every second one goes, and the screen is looked at half as often. */
const mostPictures = 40
const mostBytes = 8 << 20

/** How a screen changed during a test: a picture every few seconds, if it differs from the one before. */
export class ScreenLog {
  readonly #take: () => Promise<Buffer>
  #pictures: Picture[] = []
  #pauseMs: number
  #timer: NodeJS.Timeout | undefined
  #pending: Promise<void> = Promise.resolve()
  #stopped = false

  /** Begins to look. `take` may fail, as it does when the machine has ended. */
  constructor(take: () => Promise<Buffer>, pauseMs: number = everyMs) {
    this.#take = take
    this.#pauseMs = pauseMs
    this.#schedule()
  }

  /** Looks no more, and gives all pictures in their order. */
  async stop(): Promise<readonly Picture[]> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#pending
    return this.#pictures
  }

  #schedule(): void {
    if (this.#stopped) return
    this.#timer = setTimeout(() => {
      this.#pending = this.#look().finally(() => this.#schedule())
    }, this.#pauseMs)
    this.#timer.unref()
  }

  async #look(): Promise<void> {
    // Why there is none is told of the last one, when the test has ended.
    const png = await this.#take().catch(() => undefined)
    if (png === undefined || this.#pictures.at(-1)?.png.equals(png)) return
    this.#pictures.push({ timeMs: Date.now(), png })
    const bytes = this.#pictures.reduce((sum, picture) => sum + picture.png.length, 0)
    if (this.#pictures.length <= mostPictures && bytes <= mostBytes) return
    const last = this.#pictures.length - 1
    this.#pictures = this.#pictures.filter((_, index) => (last - index) % 2 === 0)
    this.#pauseMs *= 2
  }
}
