import { closeSync, lstatSync, openSync, rmSync, statSync } from 'node:fs'

import { InvalidArgumentError } from 'commander'

/** Takes the path of a file to be written later, once it is found that it can be; what is in it stays until then. */
export function parseOutputFile(path: string): string {
  try {
    // A reader would take the end of this for the end of all.
    if (statSync(path, { throwIfNoEntry: false })?.isFIFO()) return path
    const isNew = lstatSync(path, { throwIfNoEntry: false }) === undefined
    closeSync(openSync(path, 'a'))
    if (isNew) rmSync(path)
    return path
  } catch (error) {
    const why = error instanceof Error ? error.message.split(',', 1)[0] : String(error)
    throw new InvalidArgumentError(
      `It must be a file that can be written, in a folder that is there (${why})`,
    )
  }
}
