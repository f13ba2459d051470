import type { BlobEvent, BlobSuite } from './blob-events.ts'
import { testOf, testsOf } from './blob-events.ts'
import type { Piece } from './piece.ts'
import type { BlobReport } from './read-blob.ts'

/** What a run says of each of its test files, by their paths from the root folder. */
export function splitBlob(blob: BlobReport): ReadonlyMap<string, Piece> {
  const pieces = new Map<string, { projects: Piece['projects'][number][]; events: BlobEvent[] }>()
  const owners = new Map<string, BlobEvent[]>()
  for (const { suites, ...project } of blob.projects) {
    for (const suite of suites) {
      const file = fileOf(suite)
      const piece = pieces.get(file) ?? { projects: [], events: [] }
      pieces.set(file, piece)
      piece.projects.push({ project: { ...project, suites: [] }, suite })
      for (const { test } of testsOf(suite)) owners.set(test.testId, piece.events)
    }
  }
  for (const event of blob.events) {
    const id = testOf(event)
    if (id === undefined) continue
    const events = owners.get(id)
    if (!events) throw new Error(`the test "${id}" in it is of no file`)
    events.push(event)
  }
  return new Map(
    [...pieces].map(([file, piece]) => [
      file,
      {
        ...piece,
        config: { ...blob.config, rootDir: '' },
        resources: resourcesIn(piece.events).flatMap((name) => blob.resources.get(name) ?? []),
      },
    ]),
  )
}

/** The path of the file that a suite is of. */
export function fileOf({ title, location }: BlobSuite): string {
  return location?.file ?? title
}

/** The names of the files that tests have attached; the report has none of those that were gone when it was written. */
function resourcesIn(events: readonly BlobEvent[]): readonly string[] {
  const attachments = events
    .filter(({ method }) => method === 'onAttach')
    .flatMap(({ params }) => params['attachments'])
  const paths = attachments.map((each) => (each as { path?: unknown } | undefined)?.path)
  return [...new Set(paths.filter((path) => typeof path === 'string'))]
}
