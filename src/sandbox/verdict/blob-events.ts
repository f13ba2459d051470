import * as v from 'valibot'

/** The version of Playwright's blob reports whose events these are. */
export const blobVersion = 2

/** One test as a blob report announces it. */
interface BlobTest {
  readonly testId: string
  readonly title: string
  readonly location: { readonly file: string; readonly line: number; readonly column: number }
  readonly annotations?: readonly Annotation[] | undefined
}

/** What a test is annotated with. */
export interface Annotation {
  readonly type: string
  readonly description?: string | undefined
}

/** Tests that stand together: those of a file, or of a `describe`. */
export interface BlobSuite {
  readonly title: string
  readonly location?: { readonly file: string } | undefined
  readonly entries: readonly (BlobSuite | BlobTest)[]
}

/** What a run did of one project. */
export interface BlobProject {
  readonly name: string
  /** From the root folder, as all paths of a blob. */
  readonly outputDir: string
  /** One for each file. */
  readonly suites: readonly BlobSuite[]
}

/** What a run was configured with. */
export interface BlobConfig {
  /** The folder that all paths begin in. */
  readonly rootDir: string
  /** Of Playwright. */
  readonly version: string
}

/** Something that happened to a test. */
export interface BlobEvent {
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
}

/** The end of one attempt at a test. */
export interface TestEnd {
  readonly test: { readonly testId: string; readonly expectedStatus: string }
  readonly result: {
    readonly id: string
    /** In milliseconds. */
    readonly duration: number
    readonly status: string
    readonly annotations?: readonly Annotation[] | undefined
  }
}

const annotation: v.GenericSchema<unknown, Annotation> = v.looseObject({
  type: v.string(),
  description: v.optional(v.string()),
})
const annotations = v.optional(v.array(annotation))
const test: v.GenericSchema<unknown, BlobTest> = v.looseObject({
  testId: v.string(),
  title: v.string(),
  location: v.looseObject({ file: v.string(), line: v.number(), column: v.number() }),
  annotations,
})
const suite: v.GenericSchema<unknown, BlobSuite> = v.looseObject({
  title: v.string(),
  location: v.optional(v.looseObject({ file: v.string() })),
  entries: v.array(v.union([test, v.lazy(() => suite)])),
})

export const blobSuiteSchema: v.GenericSchema<unknown, BlobSuite> = suite
export const blobProjectSchema: v.GenericSchema<unknown, BlobProject> = v.looseObject({
  name: v.string(),
  outputDir: v.string(),
  suites: v.array(suite),
})
export const blobConfigSchema: v.GenericSchema<unknown, BlobConfig> = v.looseObject({
  rootDir: v.string(),
  version: v.string(),
})
export const blobEventSchema: v.GenericSchema<unknown, BlobEvent> = v.object({
  method: v.string(),
  params: v.optional(v.record(v.string(), v.unknown()), {}),
})
const testEndSchema: v.GenericSchema<unknown, TestEnd> = v.looseObject({
  test: v.looseObject({ testId: v.string(), expectedStatus: v.string() }),
  result: v.looseObject({ id: v.string(), duration: v.number(), status: v.string(), annotations }),
})

/** How each event names its test; one that is about none, or may be, has `undefined` for it. */
const named: Readonly<Record<string, (params: BlobEvent['params']) => unknown>> = {
  onTestBegin: ({ testId }) => testId,
  onStepBegin: ({ testId }) => testId,
  onStepEnd: ({ testId }) => testId,
  onAttach: ({ testId }) => testId,
  onStdIO: ({ testId }) => testId,
  onTestEnd: ({ test }) => (test as { testId?: unknown } | undefined)?.testId,
  onError: () => undefined,
}

/**
 * The test that an event is about; none for what a run says outside of its tests.
 *
 * @throws Error for an event that is not known
 */
export function testOf({ method, params }: BlobEvent): string | undefined {
  const find = Object.hasOwn(named, method) ? named[method] : undefined
  if (!find) throw new Error(`the event "${method}" in it is not known`)
  const id = find(params)
  return typeof id === 'string' ? id : undefined
}

/** The ends of attempts among some events. */
export function endsIn(events: readonly BlobEvent[]): readonly TestEnd[] {
  return events
    .filter(({ method }) => method === 'onTestEnd')
    .map(({ params }) => v.parse(testEndSchema, params))
}

/** All tests of a suite, each with the titles of the suites that it stands in, without the file's own. */
export function testsOf(suite: BlobSuite, titles: readonly string[] = []): readonly ListedTest[] {
  return suite.entries.flatMap((entry) =>
    'testId' in entry
      ? [{ test: entry, titles: [...titles, entry.title] }]
      : testsOf(entry, [...titles, entry.title]),
  )
}

/** A test, and where it stands. */
export interface ListedTest {
  readonly test: BlobTest
  readonly titles: readonly string[]
}
