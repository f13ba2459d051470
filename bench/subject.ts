/** What is measured, and how often. */
export interface Subject {
  readonly image: string
  /** How many clones, and how many rounds of what takes as long. */
  readonly clones: number
  readonly signal: AbortSignal
  /** Says where a measure stands. */
  readonly update: (detail: string) => void
}
