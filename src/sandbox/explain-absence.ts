import { readlinkSync } from 'node:fs'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

/** What is known of a seal from within. */
export interface SealFacts {
  /** Files of the project that are not in the seal. */
  readonly absent: ReadonlySet<string>
  /** The folder that inputs are named from. */
  readonly folder: string
  readonly cwd: string
}

/** How programs say that something is not there, or that it cannot be written. */
const notThere = /ENOENT|MODULE_NOT_FOUND|no such file|cannot find module|does(?: not|n't) exist|not found/i
const notWritable = /EROFS|read-only file system/i

/**
 * What to add to an error of a test that wanted what is not in its seal; nothing for any other error.
 *
 * @param location the file that the error came up in, from which relative imports are named
 */
export function explainAbsence(message: string, facts: SealFacts, location?: string): string | undefined {
  const text = stripVTControlCharacters(message)
  if (notThere.test(text)) {
    for (const name of namesIn(text)) {
      const sentence = ofMissing(name, facts, location)
      if (sentence !== undefined) return sentence
    }
  }
  if (!notWritable.test(text)) return undefined
  const [, named = 'this'] = /'([^'\n]+)'(?:\n|$)/.exec(text) ?? []
  return `${JSON.stringify(named)} cannot be written: in a sealed run only the folder of results and /tmp can`
}

/** What may be a path in a text: what stands between quotation marks, the marks in it or not, and words. */
function namesIn(text: string): readonly string[] {
  const quoted = [...text.matchAll(/(['"`])((?:(?!\1).)+)\1/g), ...text.matchAll(/(['"`])(.+)\1/g)]
  const words = text.split(/[\s'"`(),]+/).map((word) => word.replace(/[:;.]+$/, ''))
  return [...quoted.map(([, , name = '']) => name), ...words].filter((name) => name !== '')
}

function ofMissing(name: string, { absent, folder, cwd }: SealFacts, location?: string): string | undefined {
  const plain = name.replace(/^file:\/\//, '')
  const from = [cwd, folder, ...(location === undefined ? [] : [dirname(location)])]
  const paths = [...new Set(from)].map((base) => resolve(base, plain))
  for (const path of paths) {
    const end = followed(path)
    const found = withExtension(end, absent)
    if (found !== undefined) return sentence(relative(folder, found))
    const isFolder = isIn(end, folder) && [...absent].some((each) => each.startsWith(`${end}/`))
    if (isFolder) return sentence(`${relative(folder, end)}/**`)
    if (end !== path && !isIn(end, folder)) return `${JSON.stringify(plain)} is a link: ${sentence(end)}`
  }
  const [path = ''] = paths
  // A word with a slash in it may be anything.
  const isOutside = isAbsolute(plain) && plain.split('/').length > 2 && !isIn(path, folder)
  if (!isOutside || ['/tmp', '/proc', '/dev'].some((each) => isIn(path, each))) return undefined
  return `if ${JSON.stringify(path)} exists outside: ${sentence(path)}`
}

function sentence(pattern: string): string {
  const [shown, quoted] = [pattern.replace(/\/\*\*$/, ''), pattern.replaceAll("'", String.raw`\'`)]
  return `${JSON.stringify(shown)} is no input of this sealed run; declare it: use: { inputs: ['${quoted}'] }`
}

/** Imports leave extensions out, and name what will be compiled. */
function withExtension(path: string, absent: ReadonlySet<string>): string | undefined {
  const stem = path.replace(/\.[cm]?jsx?$/, '')
  const ends = [
    '.ts',
    '.js',
    '.mts',
    '.mjs',
    '.cts',
    '.cjs',
    '.tsx',
    '.jsx',
    '.json',
    '/index.ts',
    '/index.js',
  ]
  return [path, ...ends.map((end) => `${stem}${end}`)].find((each) => absent.has(each))
}

/** Where a path leads through links, which in the seal may end at what is not in it. */
function followed(path: string, most = 8): string {
  const parts = path.split('/')
  if (most === 0) return path
  for (let length = 2; length <= parts.length; length++) {
    const link = parts.slice(0, length).join('/')
    let to
    try {
      to = readlinkSync(link)
    } catch {
      continue
    }
    return followed(resolve(dirname(link), to, ...parts.slice(length)), most - 1)
  }
  return path
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}
