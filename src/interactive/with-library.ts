import * as library from '../index.ts'
import type { Globals } from './evaluator.ts'

/** The names that the library exports. */
export const libraryNames: readonly string[] = Object.keys(library)

/** Globals that have all of the library, too, of which a prompt makes no list. */
export function withLibrary(globals: Globals): Globals {
  for (const [name, value] of Object.entries(library)) {
    if (!Object.hasOwn(globals, name)) hide(globals, name, value)
  }
  return globals
}

/** Defines a name that is not listed. */
export function hide(globals: Globals, name: string, value: unknown): void {
  Object.defineProperty(globals, name, { value, writable: true, configurable: true, enumerable: false })
}
