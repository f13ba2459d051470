/** What is used of picomatch, which has no types of its own. */
declare module 'picomatch' {
  interface Options {
    readonly dot?: boolean
  }
  interface Scan {
    /** The part before the first wildcard. */
    readonly base: string
    /** The rest; empty where there is no wildcard. */
    readonly glob: string
  }
  interface Picomatch {
    (pattern: string, options?: Options): (path: string) => boolean
    scan(pattern: string): Scan
  }
  const picomatch: Picomatch
  export default picomatch
}
