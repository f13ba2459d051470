import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import * as v from 'valibot'

import { MisuseError } from '../../errors.ts'
import { suggest } from '../../util/check-options.ts'
import { hasCode } from '../../util/has-code.ts'
import { type Builds, buildsSchema } from './builds.ts'

/** The user's own catalog, in the working directory. */
const projectFile = 'fledge.images.json'

/**
 * Reads the builds of the user's project, if it has some.
 *
 * @param known the names of all entries: there can be builds of no others
 * @throws MisuseError `ERR_FLEDGE_IMAGE_INVALID` that names the file, the place in it and what is wrong there
 */
export function readProjectBuilds(known: readonly string[]): Builds {
  const text = readText()
  if (text === undefined) return {}
  const parsed = v.safeParse(buildsSchema, parse(text), { abortPipeEarly: true })
  if (!parsed.success) {
    const [{ path = [], message }] = parsed.issues
    throw invalid(
      path.map(({ key }) => String(key)),
      message,
    )
  }
  const stranger = Object.keys(parsed.output).find((name) => !known.includes(name))
  if (stranger !== undefined) {
    const near = suggest(stranger, known).startsWith('Did') ? ` ${suggest(stranger, known)}` : ''
    throw invalid([stranger], `is no official image.${near}`)
  }
  return parsed.output
}

function readText(): string | undefined {
  try {
    return readFileSync(projectFile, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw invalid([], `cannot be read: ${(error as Error).message}`, error)
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const { message } = error as Error
    const [, position] = /at position (\d+)/.exec(message) ?? []
    const lines = text.slice(0, Number(position ?? 0)).split('\n').length
    throw invalid(position === undefined ? [] : [`line ${lines}`], `is not JSON: ${message}`, error)
  }
}

/** The error of a place in the file, which may be all of it, and what is wrong there. */
function invalid(place: readonly string[], what: string, cause?: unknown): MisuseError {
  const where = place.length === 0 ? 'it' : place.join(' → ')
  return new MisuseError(
    'ERR_FLEDGE_IMAGE_INVALID',
    `Cannot use "${resolve(projectFile)}": ${where} ${what}`,
    {
      cause,
      hint: 'docs/images.md of fledge shows its format',
    },
  )
}
