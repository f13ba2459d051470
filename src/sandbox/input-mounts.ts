import { lstatSync, readlinkSync } from 'node:fs'
import { dirname } from 'node:path'

import type { Mount } from './mount.ts'
import type { Walk } from './walk-folder.ts'

/**
 * Shows inputs where they are. A folder of which everything is an input is shown whole, as each mount takes its time. Links are
 * made anew, so that they lead to what is in the seal.
 */
export function inputMounts(inputs: readonly string[], walk: Walk): readonly Mount[] {
  const wanted = new Set(inputs)
  const partial = partialFolders(wanted, walk)
  const whole = (path: string): string => {
    let top = path
    for (let folder = dirname(path); isWhole(folder); folder = dirname(folder)) top = folder
    return top
  }
  const walked = new Set(walk.folders)
  const isWhole = (folder: string): boolean => walked.has(folder) && !partial.has(folder)
  return [...new Set(inputs.map(whole))].toSorted().flatMap((path): Mount[] => {
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (!found) return []
    return [
      found.isSymbolicLink() ? { kind: 'link', path, to: readlinkSync(path) } : { kind: 'readable', path },
    ]
  })
}

/** Folders in which something is no input, or not known. */
function partialFolders(wanted: ReadonlySet<string>, { entries, left, folders }: Walk): ReadonlySet<string> {
  const partial = new Set(folders.slice(0, 1))
  const missing = [...left, ...entries.map(({ path }) => path).filter((path) => !wanted.has(path))]
  for (const path of missing) {
    for (let folder = dirname(path); !partial.has(folder) && folder !== '/'; folder = dirname(folder)) {
      partial.add(folder)
    }
  }
  // An empty folder is nothing that was declared.
  const full = new Set(entries.map(({ path }) => dirname(path)))
  for (const folder of folders) {
    if (full.has(folder) || folders.some((other) => dirname(other) === folder)) continue
    for (let each = folder; !partial.has(each) && each !== '/'; each = dirname(each)) partial.add(each)
  }
  return partial
}
