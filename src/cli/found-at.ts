import { statSync, type Stats } from 'node:fs'

/** What is at a path; nothing, too, where there can be nothing, as below a file. */
export function foundAt(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}
