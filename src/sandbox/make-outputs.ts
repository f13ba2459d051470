import { closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

import type { Outputs } from './outputs.ts'

/**
 * Makes folders and files for results, as only what is there can be seen in a seal. A file that nothing was written to is
 * removed again.
 */
export function makeOutputs({ folders, files }: Outputs): Disposable {
  for (const folder of folders) mkdirSync(folder, { recursive: true })
  const made = files.filter((file) => {
    if (statSync(file, { throwIfNoEntry: false })) return false
    mkdirSync(dirname(file), { recursive: true })
    closeSync(openSync(file, 'a'))
    return true
  })
  return {
    [Symbol.dispose]: () => {
      for (const file of made) if (statSync(file, { throwIfNoEntry: false })?.size === 0) rmSync(file)
    },
  }
}
