import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import * as v from 'valibot'

import { hasCode } from './has-code.ts'
import { replaceFile } from './replace-file.ts'

/** The file that says what is in a folder of the cache. It is written last. */
const name = 'manifest.json'

/** Reads the manifest of a folder; `undefined` when there is none, or none that is of the schema. */
export async function readManifestFile<T>(
  folder: string,
  schema: v.GenericSchema<unknown, T>,
): Promise<T | undefined> {
  const parsed = v.safeParse(inJson(schema), await textOf(folder))
  return parsed.success ? parsed.output : undefined
}

/** Writes the manifest of a folder. */
export async function writeManifestFile(folder: string, manifest: object): Promise<void> {
  await replaceFile(join(folder, name), `${JSON.stringify(manifest, null, 2)}\n`)
}

/**
 * Whether a folder is there and has lost its manifest: it is gone, or not of the schema; by default, of whatever another version
 * of fledge may have written.
 */
export async function isManifestLost(
  folder: string,
  schema: v.GenericSchema<unknown, object> = v.looseObject({}),
): Promise<boolean> {
  const text = await textOf(folder)
  if (text !== undefined) return !v.is(inJson(schema), text)
  const names = await readdir(folder).catch((): string[] => [])
  // One that has it by now was being put there while we looked.
  return names.length > 0 && !names.includes(name)
}

function inJson<T>(schema: v.GenericSchema<unknown, T>): v.GenericSchema<unknown, T> {
  return v.pipe(v.string(), v.parseJson(), schema)
}

async function textOf(folder: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, name), 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined
    throw error
  }
}
