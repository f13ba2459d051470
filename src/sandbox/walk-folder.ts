import { opendirSync } from 'node:fs'
import { join } from 'node:path'

/** A file, or a link, which is not followed. */
interface Walked {
  readonly path: string
  readonly isLink: boolean
}

/** What is in a folder, deep down. */
export interface Walk {
  readonly entries: readonly Walked[]
  /** Folders that were not looked into: those that are never, and those that came after too many others. */
  readonly left: ReadonlySet<string>
  /** Every folder that was looked into. */
  readonly folders: readonly string[]
}

/** Folders that are no part of a project's own text: packages, which the lock file stands for, and history. */
const never = new Set(['node_modules', '.git'])

/** A home that somebody takes for a project has more. */
const mostEntries = 200_000

/** Lists a folder without following links. What cannot be listed is left, too. */
export function walkFolder(
  folder: string,
  { except = [] }: { readonly except?: readonly string[] } = {},
): Walk {
  const entries: Walked[] = []
  const left = new Set<string>()
  const folders: string[] = []
  const waiting = [folder]
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (entries.length > mostEntries || except.includes(next)) {
      left.add(next)
      continue
    }
    let opened
    try {
      opened = opendirSync(next)
    } catch {
      left.add(next)
      continue
    }
    folders.push(next)
    for (let entry = opened.readSync(); entry; entry = opened.readSync()) {
      const path = join(next, entry.name)
      if (entry.isDirectory() && never.has(entry.name)) left.add(path)
      else if (entry.isDirectory()) waiting.push(path)
      else if (entry.isFile() || entry.isSymbolicLink())
        entries.push({ path, isLink: entry.isSymbolicLink() })
      else left.add(path)
    }
    opened.closeSync()
  }
  return { entries, left, folders }
}
