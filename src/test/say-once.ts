import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { visible } from '../interactive/visible.ts'

/**
 * Writes a line to standard error, once in a run, whichever of its workers comes first. The workers agree by an empty file
 * in the run's output folder, which Playwright empties at the start of the next.
 */
export function sayOnce(outputFolder: string, line: string): void {
  if (isFirst(outputFolder, line)) say(line)
}

/** Writes a line to standard error; Playwright's reporters pass on what workers write. */
export function say(line: string): void {
  process.stderr.write(`fledge: ${visible(line)}\n`)
}

function isFirst(outputFolder: string, line: string): boolean {
  // The parent of a worker is the run.
  const id = createHash('sha256').update(`${process.ppid}\n${line}`).digest('hex').slice(0, 16)
  try {
    mkdirSync(outputFolder, { recursive: true })
    writeFileSync(join(outputFolder, `.fledge-said-${id}`), '', { flag: 'wx' })
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EEXIST'
  }
}
