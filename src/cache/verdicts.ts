import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

import * as v from 'valibot'

import { cacheFolder } from '../util/cache-folder.ts'
import type { CacheEntry } from './cache-entry.ts'
import { diskUsage } from './disk-usage.ts'
import type { PruneOptions } from './prune-cache.ts'
import { namesIn } from './stage.ts'

/** How long a verdict is kept that no run asks for, in milliseconds. */
const unusedMs = 30 * 86_400_000
/** What is younger may be on its way. */
const moment = 3_600_000

/** What is needed of a verdict here: its piece of evidence. */
const schema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    verdict: v.pipe(
      v.string(),
      v.parseJson(),
      v.looseObject({ evidence: v.looseObject({ digest: v.string() }) }),
    ),
  }),
)

interface FoundFile {
  readonly name: string
  readonly path: string
  readonly bytes: number
  readonly made: Date
  readonly used: Date
}

/** The remembered verdicts of sealed runs as one entry of the cache; nothing when there are none. */
export async function listVerdicts(): Promise<CacheEntry | undefined> {
  const files = await filesOf(verdictsFolder())
  const verdicts = files.filter(({ name }) => name.startsWith('verdict-'))
  if (files.length === 0) return undefined
  return describe(files, verdicts.length)
}

/** Removes verdicts that no run has asked for in a while, and evidence that belongs to none. */
export async function pruneVerdicts({
  olderThanMs = unusedMs,
  dryRun = false,
}: PruneOptions): Promise<{ readonly entry: CacheEntry; readonly reason: string } | undefined> {
  const files = await filesOf(verdictsFolder())
  const evidence = new Set<string>()
  const kept = new Set<FoundFile>()
  for (const file of files) {
    if (/^(?:verdict|last)-/.test(file.name) && Date.now() - file.used.getTime() <= olderThanMs) {
      kept.add(file)
      const parsed = v.safeParse(schema, await readFile(file.path, 'utf8').catch(() => ''))
      if (parsed.success) evidence.add(`evidence-${parsed.output.verdict.evidence.digest}.zip`)
    }
  }
  const gone = files.filter(
    (file) =>
      !kept.has(file) && !evidence.has(file.name) && (/^(?:verdict|last)-/.test(file.name) || !isOfNow(file)),
  )
  if (gone.length === 0) return undefined
  for (const { path } of dryRun ? [] : gone) await rm(path, { force: true })
  const verdicts = gone.filter(({ name }) => name.startsWith('verdict-')).length
  const reason =
    verdicts === 0 ? 'evidence of no verdict' : `no run has asked for ${verdicts} of them for that long`
  return { entry: describe(gone, verdicts), reason }
}

/** The pieces of evidence that are not what was written. Their names have their digests. */
export async function brokenEvidence(folder: string): Promise<readonly string[]> {
  const broken: string[] = []
  for (const { name, path } of await filesOf(folder)) {
    const digest = /^evidence-([0-9a-f]{64})\.zip$/.exec(name)?.[1]
    if (digest !== undefined && (await digestOf(path)) !== digest) broken.push(name)
  }
  return broken
}

function verdictsFolder(): string {
  return join(cacheFolder(), 'verdicts')
}

function describe(files: readonly FoundFile[], count: number): CacheEntry {
  const times = (of: (file: FoundFile) => Date): Date =>
    new Date(Math.max(...files.map((file) => of(file).getTime())))
  return {
    kind: 'verdict',
    name: 'verdicts',
    folder: verdictsFolder(),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    made: times(({ made }) => made),
    lastUsed: times(({ used }) => used),
    madeFrom: [],
    machines: [],
    count,
  }
}

async function filesOf(folder: string): Promise<readonly FoundFile[]> {
  const found = await Promise.all(
    (await namesIn(folder)).map(async (name) => {
      const path = join(folder, name)
      const known = await stat(path).catch(() => undefined)
      if (!known?.isFile()) return []
      const used = known.atime > known.mtime ? known.atime : known.mtime
      return [{ name, path, bytes: await diskUsage(path), made: known.mtime, used }]
    }),
  )
  return found.flat()
}

/** Whether a live process may be writing it; one of the future was made before the clock was set back. */
function isOfNow({ made }: FoundFile): boolean {
  return Math.abs(Date.now() - made.getTime()) < moment
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const bytes of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(bytes as Buffer)
  return hash.digest('hex')
}
