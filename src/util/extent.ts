/** A run of bytes of a file or of memory: where it begins and how long it is. */
export interface Extent {
  readonly offset: number
  readonly length: number
}
