/** What a timeline page shows. All times are milliseconds since 1970 on the host's clock, and all texts without secrets. */
export interface TimelineData {
  readonly test: TimelineTest
  readonly steps: readonly TimelineStep[]
  readonly machines: readonly TimelineMachine[]
}

/** The test that the page is of. */
interface TimelineTest {
  readonly title: string
  /** File and line. */
  readonly place: string
  /** Empty when there is but one. */
  readonly project: string
  readonly status: string
  readonly startMs: number
  readonly endMs: number
  /** The first error of a failed test. */
  readonly error?: string
}

/** A verb of a machine, or a subtest. */
export interface TimelineStep {
  /** How deep it is in the tree of subtests. */
  readonly depth: number
  /** The name of the machine; a subtest has none. */
  readonly machine?: string
  readonly title: string
  readonly text: string
  readonly startMs: number
  readonly endMs: number
  readonly state: 'running' | 'passed' | 'failed'
  /** As `exit code 3`. */
  readonly ending?: string
  readonly stdout?: string
  readonly stderr?: string
  readonly error?: string
}

/** A machine and what it said. */
export interface TimelineMachine {
  readonly name: string
  /** As `debian:13-minimal, tcg`. */
  readonly facts: string
  readonly console: readonly TimelineLine[]
  readonly journal: readonly TimelineEntry[]
  readonly screens: readonly TimelineScreen[]
}

/** A line of a console. */
export type TimelineLine = readonly [timeMs: number, text: string]
/** An entry of a journal. */
export type TimelineEntry = readonly [timeMs: number, priority: number, source: string, message: string]

/** A picture of a screen. */
interface TimelineScreen {
  readonly timeMs: number
  /** A PNG in base64. */
  readonly png: string
}
