import { dirname, join } from 'node:path'

import { existingFile } from './existing-file.ts'

const names = [
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'pnpm-lock.yaml',
  'bun.lock',
  'bun.lockb',
]

/** The lock file of a project: in its folder, or in the nearest one above that has a `package.json` with one beside. */
export function lockFilesOf(folder: string): readonly string[] {
  for (let each = folder; ; each = dirname(each)) {
    const isPackage = existingFile(join(each, 'package.json')) !== undefined
    const found = isPackage ? names.flatMap((name) => existingFile(join(each, name)) ?? []) : []
    if (found.length > 0 || each === dirname(each)) return found
  }
}
