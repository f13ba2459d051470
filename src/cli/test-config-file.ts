import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

import { MisuseError } from '../index.ts'
import { foundAt } from './found-at.ts'
import { isOutside } from './test-arguments.ts'

const names = ['fledge.config', 'playwright.config'].flatMap((name) =>
  ['ts', 'mts', 'cts', 'js', 'mjs', 'cjs'].map((extension) => `${name}.${extension}`),
)

/**
 * Finds the configuration of some tests: the nearest one from their folder up to the working directory. Tests outside
 * of that have theirs no further up than their own package. `fledge.config.ts` goes before `playwright.config.ts`, for
 * projects that have other tests too.
 */
export function findTestConfig(testFolder: string, cwd: string): string | undefined {
  const outside = isOutside(cwd, testFolder)
  for (let folder = testFolder; ; folder = dirname(folder)) {
    const found = configIn(folder)
    if (found !== undefined) return found
    const isLast = outside ? existsSync(join(folder, 'package.json')) : folder === cwd
    if (isLast || folder === dirname(folder)) return undefined
  }
}

/**
 * The configuration that `--config` names, by its file or its folder.
 *
 * @throws MisuseError `ERR_FLEDGE_OPTION` when there is none
 */
export function namedTestConfig(name: string, cwd: string): string {
  const path = resolve(cwd, name)
  const found = name === '' ? undefined : foundAt(path)
  const config = found?.isDirectory() ? configIn(path) : found && path
  if (config !== undefined) return config
  const why = found ? 'has no configuration' : 'does not exist'
  throw new MisuseError(
    'ERR_FLEDGE_OPTION',
    `Cannot use the configuration "${name}": ${name === '' ? 'it is empty' : `"${path}" ${why}`}`,
    {
      hint: `Name a file, or a folder with a "${names[0]}" or a "playwright.config.ts"`,
    },
  )
}

/** The configuration of a folder itself. */
export function configIn(folder: string): string | undefined {
  return names.map((name) => join(folder, name)).find((path) => existsSync(path))
}
