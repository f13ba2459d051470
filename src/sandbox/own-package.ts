import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { packageFoldersAbove } from './package-folders.ts'

/** The folder of this fledge. */
const folder = packageFolder(import.meta.dirname)

/** What a seal needs of fledge itself: its code, and the packages that it stands on. */
export function ownPackage(): readonly string[] {
  const parts = ['package.json', 'dist', ...(isBuilt() ? [] : ['src'])].map((name) => join(folder, name))
  return [...parts.filter((path) => existsSync(path)), ...packageFoldersAbove(folder)]
}

/** Whether a file is of fledge itself. */
export function isOwnFile(path: string): boolean {
  return ['dist', ...(isBuilt() ? [] : ['src'])].some((name) => path.startsWith(`${join(folder, name)}/`))
}

function isBuilt(): boolean {
  return import.meta.filename.startsWith(`${join(folder, 'dist')}/`)
}

function packageFolder(from: string): string {
  return existsSync(join(from, 'package.json')) ? from : packageFolder(dirname(from))
}
