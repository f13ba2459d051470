import { MisuseError } from '../../index.ts'

/** The script of npm's own that only says that there is none. */
const noTests = /^echo .*no test specified.*exit 1$/

/** What is added to a `package.json`, and what it is then. */
export interface StarterPackage {
  readonly text: string
  /** As `devDependencies.fledge`; nothing when all of it was there. */
  readonly added: readonly string[]
  readonly isModule: boolean
}

type Json = Readonly<Record<string, unknown>>

/**
 * A `package.json` with what tests of machines need. What is in it stays as it is, even a script of the same name.
 *
 * @param before the text of the one that is there
 * @param versions of what the tests depend on, by the name of the package
 * @throws MisuseError `ERR_FLEDGE_OPTION` when that cannot be read
 */
export function starterPackage(
  before: string | undefined,
  path: string,
  versions: Readonly<Record<string, string>>,
): StarterPackage {
  const given = before === undefined ? { private: true, type: 'module' } : parse(before, path)
  const scripts = objectIn(given, 'scripts', path)
  const devDependencies = objectIn(given, 'devDependencies', path)
  const all = { ...objectIn(given, 'dependencies', path), ...devDependencies }
  const wanted = Object.entries(versions).filter(([name]) => !(name in all))
  const isFree = !('test' in scripts) || noTests.test(String(scripts['test']))
  const script = Object.values(scripts).includes('fledge test') ? [] : [isFree ? 'test' : 'test:machines']
  const newScripts = script.filter((name) => name === 'test' || !(name in scripts))
  const merged = {
    ...given,
    ...(newScripts.length > 0
      ? { scripts: { ...scripts, ...Object.fromEntries(newScripts.map((name) => [name, 'fledge test'])) } }
      : {}),
    ...(wanted.length > 0
      ? { devDependencies: sorted({ ...devDependencies, ...Object.fromEntries(wanted) }) }
      : {}),
  }
  return {
    text: `${JSON.stringify(merged, null, indentOf(before))}\n`,
    added: [
      ...newScripts.map((name) => `scripts.${name}`),
      ...wanted.map(([name]) => `devDependencies.${name}`),
    ],
    isModule: given['type'] === 'module',
  }
}

function parse(text: string, path: string): Json {
  let value: unknown
  try {
    // As editors of another system begin a file.
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (cause) {
    throw unusable(path, `it is not JSON: ${(cause as Error).message}`, cause)
  }
  if (isObject(value)) return value
  throw unusable(path, 'it is not an object')
}

function objectIn(given: Json, key: string, path: string): Json {
  const value = given[key] ?? {}
  if (isObject(value)) return value
  throw unusable(path, `its "${key}" is not an object`)
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unusable(path: string, why: string, cause?: unknown): MisuseError {
  return new MisuseError('ERR_FLEDGE_OPTION', `Cannot add to "${path}": ${why}`, {
    cause,
    hint: 'Mend it, or name another folder',
  })
}

/** As npm sorts them. */
function sorted(record: Json): Json {
  return Object.fromEntries(Object.entries(record).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

/** How a file is indented; npm's own way for a new one. */
function indentOf(text: string | undefined): string {
  return /^\{\r?\n([ \t]+)/.exec(text ?? '')?.[1] ?? '  '
}
