import * as v from 'valibot'

import {
  type BlobConfig,
  blobConfigSchema,
  type BlobEvent,
  blobEventSchema,
  type BlobProject,
  blobProjectSchema,
  type BlobSuite,
  blobSuiteSchema,
  blobVersion,
} from './blob-events.ts'
import { readZip, unpack } from './read-zip.ts'
import { storedEntry, writeZip } from './write-zip.ts'
import { checkResources, type ZipEntry } from './zip-entry.ts'

/** The evidence of one test file: what a run has reported of its tests, in every project. */
export interface Piece {
  /** Without a root folder: it is the same wherever the project is. */
  readonly config: BlobConfig
  readonly projects: readonly { readonly project: BlobProject; readonly suite: BlobSuite }[]
  readonly events: readonly BlobEvent[]
  /** Attached files. */
  readonly resources: readonly ZipEntry[]
}

const index = 'piece.json'

const schema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    blob: v.literal(blobVersion),
    config: blobConfigSchema,
    projects: v.array(v.object({ project: blobProjectSchema, suite: blobSuiteSchema })),
    events: v.array(blobEventSchema),
  }),
)

/** Writes a piece of evidence as a zip archive, which is the same for the same evidence. */
export async function writePiece(path: string, { resources, ...piece }: Piece): Promise<void> {
  const text = JSON.stringify({ blob: blobVersion, ...piece })
  await writeZip(path, [storedEntry(index, text), ...resources])
}

/**
 * Reads a piece of evidence; files that are attached are read when they are wanted.
 *
 * @throws Error when it is none
 */
export async function readPiece(path: string): Promise<Piece> {
  const [first, ...resources] = await readZip(path)
  if (first?.name !== index) throw new Error(`it does not begin with "${index}"`)
  checkResources(resources)
  const { blob: _, ...piece } = v.parse(schema, Buffer.from(await unpack(first)).toString('utf8'))
  return { ...piece, resources }
}
