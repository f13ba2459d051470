import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import * as v from 'valibot'

import { MisuseError } from '../../errors.ts'
import { suggest } from '../../util/check-options.ts'
import { hasCode } from '../../util/has-code.ts'
import { type Builds, buildsSchema } from './builds.ts'

/** The user's own catalog, in the working directory. */
export const projectFile = 'fledge.images.json'

/** What a file of builds has in it. */
export interface BuildsFile {
  readonly builds: Builds
  /** The address of the schema that editors check it with. */
  readonly schema?: string
}

/**
 * Reads the builds of the user's project, if it has some.
 *
 * @param known the names of all entries: there can be builds of no others
 * @throws MisuseError `ERR_FLEDGE_IMAGE_INVALID` that names the file, the place in it and what is wrong there
 */
export function readProjectBuilds(known: readonly string[]): Builds {
  const { builds } = readBuilds(projectFile)
  const stranger = Object.keys(builds).find((name) => !known.includes(name))
  if (stranger !== undefined) {
    const suggestion = suggest(stranger, known)
    const near = suggestion.startsWith('Did') ? ` ${suggestion}` : ''
    throw invalid(projectFile, [stranger], `is no official image.${near}`)
  }
  return builds
}

/**
 * Reads a file of builds, of whatever images; none where there is no file.
 *
 * @throws MisuseError `ERR_FLEDGE_IMAGE_INVALID` as {@link readProjectBuilds}
 */
export function readBuilds(file: string): BuildsFile {
  const text = readText(file)
  if (text === undefined) return { builds: {} }
  const { schema, rest } = withoutSchema(parse(file, text))
  if (schema !== undefined && typeof schema !== 'string') throw invalid(file, ['$schema'], 'must be a text')
  const parsed = v.safeParse(buildsSchema, rest, { abortPipeEarly: true })
  if (!parsed.success) {
    const [{ path = [], message }] = parsed.issues
    throw invalid(
      file,
      path.map(({ key }) => String(key)),
      message,
    )
  }
  return { builds: parsed.output, ...(schema === undefined ? {} : { schema }) }
}

/** Editors are told by `$schema` what a file may have; to us it says nothing. */
function withoutSchema(value: unknown): { readonly schema?: unknown; readonly rest: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { rest: value }
  const { $schema: schema, ...rest } = value as { readonly $schema?: unknown }
  return { schema, rest }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw invalid(file, [], `cannot be read: ${(error as Error).message}`, error)
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const { message } = error as Error
    const [, position] = /at position (\d+)/.exec(message) ?? []
    const lines = text.slice(0, Number(position ?? 0)).split('\n').length
    throw invalid(file, position === undefined ? [] : [`line ${lines}`], `is not JSON: ${message}`, error)
  }
}

/** The error of a place in the file, which may be all of it, and what is wrong there. */
function invalid(file: string, place: readonly string[], what: string, cause?: unknown): MisuseError {
  const where = place.length === 0 ? 'it' : place.join(' → ')
  return new MisuseError('ERR_FLEDGE_IMAGE_INVALID', `Cannot use "${resolve(file)}": ${where} ${what}`, {
    cause,
    hint: 'docs/images.md of fledge shows its format',
  })
}
