import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { judgePiece } from './judge-piece.ts'
import { type Part, verdictKey } from './part.ts'
import { writePiece } from './piece.ts'
import type { BlobReport } from './read-blob.ts'
import { splitBlob } from './split-blob.ts'
import { entryVersion, type RememberedLaunch, type VerdictEntry } from './verdict-entry.ts'
import type { VerdictStore } from './verdict-store.ts'

/** What a run has shown. */
export interface Shown {
  readonly ran: BlobReport
  /** A path of the report as one from the project's folder. */
  readonly fileOf: (path: string) => string
  /** The parts of each test file, by its path from the folder of the project: before the run, and now. */
  readonly before: ReadonlyMap<string, readonly Part[]>
  readonly now: ReadonlyMap<string, readonly Part[]>
  /** The machines that each test file launched. */
  readonly launches: ReadonlyMap<string, readonly RememberedLaunch[]>
  readonly store: VerdictStore
}

/** What was done with the verdicts of a run. */
export interface Remembering {
  readonly kept: readonly VerdictEntry[]
  /** Why others were not, by their test files. */
  readonly refused: ReadonlyMap<string, string>
}

/**
 * Keeps the verdicts of the test files all of whose tests came out as they had to. Nothing is kept of a run that had errors outside of
 * its tests, nor of a file of which something has changed while it ran.
 */
export async function rememberVerdicts(shown: Shown): Promise<Remembering> {
  const { ran, before, now, launches, store } = shown
  const kept: VerdictEntry[] = []
  const refused = new Map<string, string>()
  const folder = await mkdtemp(join(tmpdir(), 'fledge-evidence-'))
  try {
    const hasErrors = ran.events.some(({ method }) => method === 'onError')
    for (const [path, piece] of splitBlob(ran)) {
      const file = shown.fileOf(path)
      const parts = before.get(file)
      const judged = judgePiece(piece)
      if (hasErrors) refused.set(file, 'the run had errors outside of its tests')
      else if ('refused' in judged) refused.set(file, judged.refused)
      else if (!parts) refused.set(file, 'what it depends on is not known')
      else if (verdictKey(file, parts) !== verdictKey(file, now.get(file) ?? []))
        refused.set(file, 'something that it depends on has changed while it ran')
      else {
        const place = join(folder, `${kept.length}.zip`)
        await writePiece(place, piece)
        const key = verdictKey(file, parts)
        const made = new Date().toISOString()
        const about = { version: entryVersion, key, file, made, parts, tests: judged.tests } as const
        kept.push(await store.keep({ ...about, launches: launches.get(file) ?? [] }, place))
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return { kept, refused }
}
