import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import * as v from 'valibot'

import { isUnwritable } from '../../util/cache-fault.ts'
import { hasCode } from '../../util/has-code.ts'
import { makeFolder } from '../../util/make-folder.ts'
import { replaceFile } from '../../util/replace-file.ts'
import { type VerdictEntry, verdictEntrySchema } from './verdict-entry.ts'
import { verdictFolder, type VerdictPlace } from './verdict-place.ts'

const schema = v.pipe(v.string(), v.parseJson(), verdictEntrySchema)

/** Where the last verdict of a test file is noted on this host: with the verdicts, unless those are on a server or only read. */
function noteOf({ place, isServer, writes }: VerdictPlace, home: string, file: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([home, file]))
    .digest('hex')
  return join(isServer || !writes ? verdictFolder() : place, `last-${digest}.json`)
}

/** Notes the verdict that a test file had last, to tell later what has changed since. */
export async function noteLast(place: VerdictPlace, home: string, entry: VerdictEntry): Promise<void> {
  if ((await lastVerdict(place, home, entry.file))?.key === entry.key) return
  const note = noteOf(place, home, entry.file)
  try {
    await makeFolder(dirname(note))
    await replaceFile(note, JSON.stringify(entry))
  } catch (error) {
    // That costs a sentence of "fledge why", and no run; the verdict itself is another matter, and told.
    if (!isUnwritable(error) && !hasCode(error, 'ENOTDIR')) throw error
  }
}

/** The verdict that a test file had last on this host, in the project of a folder. */
export async function lastVerdict(
  place: VerdictPlace,
  home: string,
  file: string,
): Promise<VerdictEntry | undefined> {
  const text = await readFile(noteOf(place, home, file), 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined
    throw error
  })
  const parsed = v.safeParse(schema, text)
  return parsed.success ? parsed.output : undefined
}
