import { copyFile, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { composeBlob } from './compose-blob.ts'
import { mergeReports, type MergeOptions } from './merge-reports.ts'
import { readPiece } from './piece.ts'
import type { BlobReport } from './read-blob.ts'
import type { Recalled } from './recall-verdicts.ts'

/** What reports are made of. */
export interface WholeRun extends Omit<MergeOptions, 'rootDir'> {
  readonly rootDir: string
  readonly held: Iterable<Recalled>
  /** What ran now, and its path; `read` is absent when only this Playwright can read it. */
  readonly ran?: { readonly path: string; readonly read?: BlobReport | undefined } | undefined
  readonly startTime: number
  readonly duration: number
}

/** Has the reporters that are given the whole of a run make their reports. */
export async function reportWhole(whole: WholeRun): Promise<void> {
  const { folder, ran, held, rootDir, startTime, duration } = whole
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const path = join(folder, 'report.zip')
  if (ran && !ran.read) await copyFile(ran.path, path)
  else {
    const remembered = []
    for (const { entry, piece: place } of held) {
      if (place === undefined) throw new Error(`The evidence of "${entry.file}" was not asked for`)
      const piece = await readPiece(place)
      const took = entry.tests.reduce((sum, { durationMs }) => sum + durationMs, 0)
      const description = `ran at ${entry.made}; the tests of its file took ${(took / 1_000).toFixed(1)} s`
      remembered.push({ piece, annotation: { type: 'cached', description } })
    }
    await composeBlob(path, { ran: ran?.read, remembered, rootDir, startTime, duration })
  }
  await mergeReports(whole)
  // What stays is what reports name: the files that tests have attached.
  for (const name of await readdir(folder)) {
    if (name !== 'resources') await rm(join(folder, name), { recursive: true, force: true })
  }
}
