/** A reporter by its name or the path of its module, with its options, as a configuration has it. */
export type ReporterDescription = readonly [name: string, options?: unknown]

/** Reporters that print to the terminal as tests run. They tell of what runs; all others are given the whole at the end. */
const live = new Set(['list', 'line', 'dot', 'null', 'failures'])

/** Tells apart the reporters of a run. */
export function splitReporters(all: readonly ReporterDescription[]): {
  readonly live: readonly ReporterDescription[]
  readonly whole: readonly ReporterDescription[]
} {
  return {
    live: all.filter(([name]) => live.has(name)),
    whole: all.filter(([name]) => !live.has(name)),
  }
}
