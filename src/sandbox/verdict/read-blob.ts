import * as v from 'valibot'

import {
  type BlobConfig,
  blobConfigSchema,
  type BlobEvent,
  blobEventSchema,
  type BlobProject,
  blobProjectSchema,
  blobVersion,
} from './blob-events.ts'
import { readZip, unpack } from './read-zip.ts'
import { checkResources, type ZipEntry } from './zip-entry.ts'

/** A run as Playwright's blob reporter writes it down. */
export interface BlobReport {
  readonly config: BlobConfig
  readonly projects: readonly BlobProject[]
  /** What happened to tests, in order, and errors outside of them. */
  readonly events: readonly BlobEvent[]
  /** How the run ended. */
  readonly status: string
  /** Since 1970, in milliseconds. */
  readonly startTime: number
  /** In milliseconds. */
  readonly duration: number
  /** Attached files, by their names in the report. */
  readonly resources: ReadonlyMap<string, ZipEntry>
}

const metadataSchema = v.looseObject({ version: v.number() })
const endSchema = v.looseObject({ status: v.string(), startTime: v.number(), duration: v.number() })
const line = v.pipe(v.string(), v.parseJson(), blobEventSchema)

/**
 * Reads a blob report; files that are attached are read when they are wanted.
 *
 * @throws Error when it is none, or of another version than the one that is known here
 */
export async function readBlob(path: string): Promise<BlobReport> {
  const entries = new Map((await readZip(path)).map((entry) => [entry.name, entry]))
  const report = entries.get('report.jsonl')
  if (!report) throw new Error('it has no "report.jsonl"')
  const text = Buffer.from(await unpack(report)).toString('utf8')
  const events = text.split('\n').flatMap((each) => (each === '' ? [] : [v.parse(line, each)]))
  const first = events[0]
  const version =
    first?.method === 'onBlobReportMetadata' ? v.parse(metadataSchema, first.params).version : undefined
  if (version !== blobVersion) {
    throw new Error(`it has the version ${version ?? 'of none'}, and only ${blobVersion} is known`)
  }
  entries.delete('report.jsonl')
  checkResources(entries.values())
  return { ...common(events), resources: entries }
}

const commonMethods = new Set(['onBlobReportMetadata', 'onConfigure', 'onProject', 'onBegin', 'onEnd'])

function common(events: readonly BlobEvent[]): Omit<BlobReport, 'resources'> {
  const params = (method: string): readonly BlobEvent['params'][] =>
    events.filter((event) => event.method === method).map((event) => event.params)
  return {
    config: v.parse(blobConfigSchema, params('onConfigure')[0]?.['config']),
    projects: params('onProject').map(({ project }) => v.parse(blobProjectSchema, project)),
    events: events.filter(({ method }) => !commonMethods.has(method)),
    ...v.parse(endSchema, params('onEnd')[0]?.['result']),
  }
}
