import * as v from 'valibot'

import type { RememberedTest } from './judge-piece.ts'
import { type Part, partSchema } from './part.ts'

/** The version of entries; those of others are not read. */
export const entryVersion = 1

/** A machine that the tests of a file launched, by what it was made from. */
export interface RememberedLaunch {
  readonly image: string
  /** What was asked of it, as it was given. */
  readonly options: Readonly<Record<string, unknown>>
  readonly templateKey: string
  /** What of the host it was given, with digests of the contents; relative paths begin in the project's folder. */
  readonly sources: readonly { readonly path: string; readonly digest: string }[]
}

/** The verdict of one test file: all of its tests came out as they had to. */
export interface VerdictEntry {
  readonly version: typeof entryVersion
  readonly key: string
  /** From the project's folder. */
  readonly file: string
  /** When its run ended, in ISO 8601. */
  readonly made: string
  readonly parts: readonly Part[]
  readonly launches: readonly RememberedLaunch[]
  readonly tests: readonly RememberedTest[]
  /** Its piece of evidence. */
  readonly evidence: { readonly digest: string; readonly bytes: number }
}

const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))

export const verdictEntrySchema: v.GenericSchema<unknown, VerdictEntry> = v.object({
  version: v.literal(entryVersion),
  key: hex,
  file: v.string(),
  made: v.pipe(v.string(), v.isoTimestamp()),
  parts: v.array(partSchema),
  launches: v.array(
    v.object({
      image: v.string(),
      options: v.record(v.string(), v.unknown()),
      templateKey: v.string(),
      sources: v.array(v.object({ path: v.string(), digest: v.string() })),
    }),
  ),
  tests: v.array(
    v.object({
      id: v.string(),
      project: v.string(),
      titles: v.array(v.string()),
      location: v.string(),
      status: v.picklist(['passed', 'skipped', 'failed']),
      durationMs: v.number(),
    }),
  ),
  evidence: v.object({ digest: hex, bytes: natural }),
})
