import { rmSync } from 'node:fs'

const folders = new Set<string>()

// Who ends this process while it fills a folder leaves nothing either, as a test runner does with its workers.
process.on('exit', () => {
  for (const folder of folders) {
    try {
      rmSync(folder, { recursive: true, force: true })
    } catch {
      // Not ours to remove, or still being written: the next holder of its lock sweeps it.
    }
  }
})

/** Has a folder removed when this process exits, until this is disposed of. */
export function unfinished(folder: string): Disposable {
  folders.add(folder)
  return { [Symbol.dispose]: () => void folders.delete(folder) }
}
