import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import * as v from 'valibot'

import { cacheFolder } from './cache-folder.ts'
import { replaceFile } from './replace-file.ts'
import { makeFolder } from './make-folder.ts'

/** Where a fact about this host is kept: `host/<name>-<digest of the fingerprint>.json` in the cache. */
export function rememberedFile(name: string, fingerprint: string): string {
  const digest = createHash('sha256').update(fingerprint).digest('hex').slice(0, 16)
  return join(cacheFolder(), 'host', `${name}-${digest}.json`)
}

/**
 * A fact about this host that is costly to find: read from the cache, else found and kept there.
 *
 * The fingerprint names all that the fact depends on. A file that cannot be read, or is not of the
 * schema, is as good as none; one that cannot be written costs only the time of the next run.
 */
export async function remembered<T>(
  name: string,
  fingerprint: string,
  schema: v.GenericSchema<unknown, T>,
  find: () => Promise<T>,
): Promise<T> {
  const path = rememberedFile(name, fingerprint)
  const kept = await recall(path, schema)
  if (kept !== undefined) return kept
  const found = await find()
  await remember(path, found).catch(() => {})
  return found
}

/** Reads a fact, if it is kept and of the schema. */
export async function recall<T>(path: string, schema: v.GenericSchema<unknown, T>): Promise<T | undefined> {
  const kept = v.safeParse(schema, await readJson(path))
  return kept.success ? kept.output : undefined
}

/** Writes a fact in place of an older one. */
export async function remember(path: string, fact: unknown): Promise<void> {
  await makeFolder(dirname(path))
  await replaceFile(path, `${JSON.stringify(fact, null, 2)}\n`)
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch {
    return undefined
  }
}
