import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import * as v from 'valibot'

import { hasCode } from '../../util/has-code.ts'
import { makeFolder } from '../../util/make-folder.ts'
import { replaceFile } from '../../util/replace-file.ts'
import { type VerdictEntry, verdictEntrySchema } from './verdict-entry.ts'
import { verdictFolder } from './verdict-place.ts'

const schema = v.pipe(v.string(), v.parseJson(), verdictEntrySchema)

/** Where the last verdict of a test file is noted on this host, wherever verdicts are kept. */
function noteOf(home: string, file: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([home, file]))
    .digest('hex')
  return join(verdictFolder(), `last-${digest}.json`)
}

/** Notes the verdict that a test file had last, to tell later what has changed since. */
export async function noteLast(home: string, entry: VerdictEntry): Promise<void> {
  if ((await lastVerdict(home, entry.file))?.key === entry.key) return
  await makeFolder(verdictFolder())
  await replaceFile(noteOf(home, entry.file), JSON.stringify(entry))
}

/** The verdict that a test file had last on this host, in the project of a folder. */
export async function lastVerdict(home: string, file: string): Promise<VerdictEntry | undefined> {
  const text = await readFile(noteOf(home, file), 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  })
  const parsed = v.safeParse(schema, text)
  return parsed.success ? parsed.output : undefined
}
