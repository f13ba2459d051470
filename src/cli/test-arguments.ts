import { dirname, relative, resolve } from 'node:path'

import { MisuseError } from '../index.ts'
import { foundAt } from './found-at.ts'

/** What `fledge test` reads from arguments that are otherwise Playwright's. */
export interface TestArguments {
  /** For Playwright, with existing paths made exact, and without the configuration. */
  readonly passed: readonly string[]
  /** What chooses files, as expressions; empty when nothing does. */
  readonly patterns: readonly string[]
  /** The value of `--config`. */
  readonly config?: string | undefined
  /** Options with their values, as `--retries=2`. */
  readonly options: readonly string[]
  /** Absolute paths of the files that were named. */
  readonly files: readonly string[]
  /** The folder that all that was named is in; absent when nothing was, or only a part of a path. */
  readonly folder?: string | undefined
}

/** Playwright's options whose value may be the next argument. */
const valued = new Set(
  (
    '--add-reporter --browser -c --config --debug --global-timeout -g --grep -G --grep-invert --last-failed-file ' +
    '--max-failures --only-changed --output --project --repeat-each --reporter --retries --run-agents --shard --test-list ' +
    '--test-list-invert --shuffle --timeout --trace --tsconfig --ui-host --ui-port -u --update-snapshots ' +
    '--update-source-method -j --workers'
  ).split(' '),
)
/** These take all that follows, up to the next option. */
const greedy = new Set(['--project'])

/**
 * Reads Playwright's arguments. A path that exists is turned into a pattern that matches it and nothing else, where
 * Playwright takes "." in a name for any character, and "a.spec.ts" for "data.spec.ts" too.
 */
export function readTestArguments(args: readonly string[], cwd: string = process.cwd()): TestArguments {
  const passed: string[] = []
  const options: string[] = []
  const patterns: string[] = []
  const files: string[] = []
  const folders: (string | undefined)[] = []
  let config: string | undefined
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? ''
    const attached = /^(?:--config=|-c(?=.)=?)(.*)$/s.exec(argument)?.[1]
    if (attached !== undefined) config = attached
    else if (argument === '-c' || argument === '--config') config = givenConfig(argument, args[++index])
    else if (valued.has(argument)) {
      passed.push(argument)
      const values: string[] = []
      do {
        const value = args[index + 1]
        if (value === undefined || value.startsWith('-')) break
        passed.push(value)
        values.push(value)
        index++
      } while (greedy.has(argument))
      options.push(values.length === 0 ? argument : `${argument}=${values.join(' ')}`)
    } else if (/^--(?:verbose|sandbox|rerun|watch|pause-on-failure)=/.test(argument)) {
      // Playwright would say that it does not know its command's own option.
      throw new MisuseError('ERR_FLEDGE_OPTION', `Unknown option '${argument}'`, {
        hint: `"${argument.split('=', 1)[0]}" takes no value`,
      })
    } else if (argument.startsWith('-')) {
      passed.push(argument)
      options.push(argument)
    } else {
      const named = readPath(argument, cwd)
      passed.push(named?.pattern ?? argument)
      patterns.push(named?.pattern ?? argument)
      if (named?.isFile) files.push(named.path)
      folders.push(named && (named.isFile ? dirname(named.path) : named.path))
    }
  }
  return { passed, patterns, config, options, files, folder: commonFolder(folders) }
}

function givenConfig(option: string, value: string | undefined): string {
  if (value !== undefined) return value
  throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot use ${option} without a value`, {
    hint: 'Name a configuration file, or the folder that it is in',
  })
}

/** A path of the host as Playwright's filter for it, with the line and column that may follow. */
function readPath(
  argument: string,
  cwd: string,
): { path: string; isFile: boolean; pattern: string } | undefined {
  // As a path it would be this folder, and an unset variable of a shell all tests.
  if (argument === '') {
    throw new MisuseError('ERR_FLEDGE_OPTION', 'Cannot use "" as a test file: it is empty', {
      hint: 'Name a file or a folder, or none for all tests below this folder',
    })
  }
  const [, name = '', place = ''] = /^(.*?)((?::\d+){0,2})$/s.exec(argument) ?? []
  const path = resolve(cwd, name)
  const found = foundAt(path)
  if (!found) return undefined
  const exact = literally(path)
  const isFile = !found.isDirectory()
  return { path, isFile, pattern: isFile ? `^${exact}$${place}` : `^${exact === '/' ? '' : exact}/` }
}

/** A path as an expression that matches it and what is below it. */
export function literally(path: string): string {
  return path.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

/** The lowest folder above all of some; none when one of them is not known. */
function commonFolder(folders: readonly (string | undefined)[]): string | undefined {
  return folders.reduce((common, folder) => {
    if (common === undefined || folder === undefined) return undefined
    let above = common
    while (isOutside(above, folder)) above = dirname(above)
    return above
  }, folders[0])
}

/** Whether a path is not in a folder, and not the folder itself. */
export function isOutside(folder: string, path: string): boolean {
  return relative(folder, path).split('/', 1)[0] === '..'
}
