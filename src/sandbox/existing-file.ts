import { statSync } from 'node:fs'

/** The first of some paths that is a file. */
export function existingFile(...paths: readonly string[]): string | undefined {
  return paths.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
}
