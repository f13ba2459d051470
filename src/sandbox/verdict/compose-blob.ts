import { type Annotation, type BlobProject, type BlobSuite, blobVersion } from './blob-events.ts'
import { testOf, testsOf } from './blob-events.ts'
import type { Piece } from './piece.ts'
import type { BlobReport } from './read-blob.ts'
import { fileOf } from './split-blob.ts'
import { storedEntry, writeZip } from './write-zip.ts'

/** What one report is made of. */
export interface Composition {
  /** What ran now; nothing when all is remembered. */
  readonly ran?: BlobReport | undefined
  /** What is remembered, and what each of its tests is annotated with. */
  readonly remembered: readonly { readonly piece: Piece; readonly annotation: Annotation }[]
  /** The folder that all paths begin in. */
  readonly rootDir: string
  /** When this run began, since 1970 in milliseconds, and how long it took: for a run of which nothing ran. */
  readonly startTime: number
  readonly duration: number
}

/** Writes a blob report of what ran and of what is remembered; of what is both, what ran. */
export async function composeBlob(path: string, composition: Composition): Promise<void> {
  const { ran, rootDir, startTime, duration } = composition
  const fresh = new Set(
    ran?.projects.flatMap(({ name, suites }) => suites.map((each) => placeOf(name, each))),
  )
  const remembered = composition.remembered.map(({ piece, annotation }) =>
    annotate(without(piece, fresh), annotation),
  )
  const config = ran?.config ?? remembered[0]?.config
  if (!config) throw new Error('Cannot compose a report of nothing')
  const result = ran
    ? { status: ran.status, startTime: ran.startTime, duration: ran.duration }
    : { status: 'passed', startTime, duration }
  const lines = [
    event('onBlobReportMetadata', { version: blobVersion, userAgent: 'fledge', pathSeparator: '/' }),
    event('onConfigure', { config: { ...config, rootDir } }),
    ...projectsOf(ran, remembered).map((project) => event('onProject', { project })),
    event('onBegin'),
    ...[...remembered.flatMap(({ events }) => events), ...(ran?.events ?? [])].map(({ method, params }) =>
      event(method, params),
    ),
    event('onEnd', { result }),
  ]
  const resources = [...(ran?.resources.values() ?? []), ...remembered.flatMap((each) => each.resources)]
  const byName = new Map(resources.map((entry) => [entry.name, entry]))
  await writeZip(path, [...byName.values(), storedEntry('report.jsonl', lines.join(''))])
}

function event(method: string, params?: object): string {
  return `${JSON.stringify({ method, params })}\n`
}

function placeOf(project: string, suite: BlobSuite): string {
  return JSON.stringify([project, fileOf(suite)])
}

/** A piece without the projects in which its file ran now, as those do that others depend on. */
function without(piece: Piece, fresh: ReadonlySet<string>): Piece {
  const projects = piece.projects.filter(({ project, suite }) => !fresh.has(placeOf(project.name, suite)))
  const ids = new Set(projects.flatMap(({ suite }) => testsOf(suite).map(({ test }) => test.testId)))
  return { ...piece, projects, events: piece.events.filter((event) => ids.has(testOf(event) ?? '')) }
}

/** One project for each name, with the suites of all its files in the order of their paths. */
function projectsOf(ran: BlobReport | undefined, remembered: readonly Piece[]): readonly BlobProject[] {
  const projects = new Map<string, BlobProject>(ran?.projects.map((project) => [project.name, project]))
  for (const { project, suite } of remembered.flatMap((piece) => piece.projects)) {
    const found = projects.get(project.name) ?? { ...project, suites: [] }
    projects.set(project.name, { ...found, suites: [...found.suites, suite] })
  }
  return [...projects.values()].map((project) => ({
    ...project,
    suites: project.suites.toSorted((a, b) => (fileOf(a) < fileOf(b) ? -1 : 1)),
  }))
}

/** Adds an annotation to every test, where it is announced and where it ends. */
function annotate(piece: Piece, annotation: Annotation): Piece {
  const known = new Map<string, readonly Annotation[]>()
  const inSuite = (suite: BlobSuite): BlobSuite => ({
    ...suite,
    entries: suite.entries.map((entry) => {
      if (!('testId' in entry)) return inSuite(entry)
      known.set(entry.testId, entry.annotations ?? [])
      return { ...entry, annotations: [...(entry.annotations ?? []), annotation] }
    }),
  })
  const projects = piece.projects.map(({ project, suite }) => ({ project, suite: inSuite(suite) }))
  const events = piece.events.map((event) => {
    if (event.method !== 'onTestEnd') return event
    const result = event.params['result'] as { annotations?: readonly Annotation[] }
    const before = result.annotations ?? known.get(testOf(event) ?? '') ?? []
    return {
      ...event,
      params: { ...event.params, result: { ...result, annotations: [...before, annotation] } },
    }
  })
  return { ...piece, projects, events }
}
