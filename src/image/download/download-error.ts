/** Why one place could not be downloaded from. */
export interface Refusal {
  readonly url: string
  readonly why: string
  /** Whether it says that there is no such file. */
  readonly gone: boolean
  /** Whether it sent another file. */
  readonly wrong: boolean
}

/** A file is at none of the places where it should be. */
export class DownloadError extends Error {
  override name = 'DownloadError'
  readonly refusals: readonly Refusal[]

  constructor(refusals: readonly Refusal[]) {
    super(refusals.map(({ url, why }) => `${url}: ${why}`).join('\n'))
    this.refusals = refusals
  }
}
