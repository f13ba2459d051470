import { lstatSync } from 'node:fs'
import { relative, resolve } from 'node:path'

import { checkValue, listOfTexts } from '../util/check-options.ts'
import { linksIn } from './import-graph.ts'
import { walkFolder } from './walk-folder.ts'

/** What some patterns match. */
export interface Matched {
  /** Absolute paths of files, and of links, which are not followed; sorted. */
  readonly files: readonly string[]
  /** The patterns that match nothing. */
  readonly unmatched: readonly string[]
}

type Test = (path: string) => boolean

/**
 * Finds what `inputs` declare. Patterns begin in the configuration's folder; one that is a folder means all in it; one that
 * begins with `!` takes away from the others of its array.
 *
 * @throws MisuseError `ERR_FLEDGE_OPTION` when it is not an array of patterns
 */
export async function matchInputs(declared: readonly unknown[], folder: string): Promise<Matched> {
  const files = new Set<string>()
  const unmatched: string[] = []
  const values = declared.filter((each) => each !== undefined && each !== null)
  if (values.length === 0) return { files: [], unmatched }
  const { default: picomatch } = await import('picomatch')
  /** A pattern as a folder to look in, and what has to match in there. */
  const read = (pattern: string): { readonly base: string; readonly test: Test } => {
    const exact = resolve(folder, pattern)
    if (lstatSync(exact, { throwIfNoEntry: false })) return { base: exact, test: () => true }
    const { base, glob } = picomatch.scan(pattern)
    const from = resolve(folder, base)
    if (glob === '') return { base: from, test: () => false }
    const matches = picomatch(glob, { dot: true })
    return { base: from, test: (path) => matches(relative(from, path)) }
  }
  for (const value of values) {
    checkValue('test.use', 'inputs', value, listOfTexts)
    const patterns = value as readonly string[]
    const taken = patterns.filter((each) => each.startsWith('!')).map((each) => read(each.slice(1)))
    const isTaken = (path: string): boolean =>
      taken.some(({ base, test }) => (path === base || path.startsWith(`${base}/`)) && test(path))
    for (const pattern of patterns.filter((each) => !each.startsWith('!'))) {
      const { base, test } = read(pattern)
      const found = entriesOf(base, folder).filter((path) => test(path) && !isTaken(path))
      if (found.length === 0) unmatched.push(pattern)
      for (const path of found) files.add(path)
    }
  }
  return { files: [...files].toSorted(), unmatched }
}

/** A file, all in a folder, or the links on the way to either, behind which nothing is looked for. */
function entriesOf(base: string, folder: string): readonly string[] {
  const links = linksIn(base).filter((link) => link !== folder && !folder.startsWith(`${link}/`))
  if (links.length > 0) return links
  const found = lstatSync(base, { throwIfNoEntry: false })
  if (!found?.isDirectory()) return found?.isFile() ? [base] : []
  return walkFolder(base).entries.map(({ path }) => path)
}
