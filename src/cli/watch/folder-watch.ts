import { readdirSync, watch, type FSWatcher } from 'node:fs'
import { join } from 'node:path'

import { EnvironmentError } from '../../index.ts'
import { hasCode } from '../../util/has-code.ts'

/** Folders that are not looked into: what is installed, what runs leave, and what is hidden. */
const ignored = /^(?:\..*|node_modules|test-results|playwright-report|blob-report)$/

/** Tells of the files with code below a folder that are saved, until it is disposed of. */
export class FolderWatch implements Disposable {
  readonly #watchers = new Map<string, FSWatcher>()
  readonly #onSave: (path: string) => void

  /** @throws EnvironmentError `ERR_FLEDGE_OPTION` when the host lets nobody watch so many folders */
  constructor(folder: string, onSave: (path: string) => void) {
    this.#onSave = onSave
    this.#enter(folder)
  }

  [Symbol.dispose](): void {
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  /** Watches a folder and those in it. One that has gone meanwhile is left out. */
  #enter(folder: string): void {
    if (this.#watchers.has(folder)) return
    try {
      const watcher = watch(folder, (_event, name) => this.#changed(folder, name))
      watcher.on('error', () => this.#leave(folder))
      this.#watchers.set(folder, watcher)
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        if (entry.isDirectory() && !ignored.test(entry.name)) this.#enter(join(folder, entry.name))
      }
    } catch (error) {
      if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return this.#leave(folder)
      if (!hasCode(error, 'ENOSPC') && !hasCode(error, 'EMFILE')) throw error
      this[Symbol.dispose]()
      throw new EnvironmentError(
        'ERR_FLEDGE_OPTION',
        `Cannot watch "${folder}": this host lets nobody watch more folders`,
        {
          cause: error,
          hint: 'Allow more, by "sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=1024"',
        },
      )
    }
  }

  #leave(folder: string): void {
    this.#watchers.get(folder)?.close()
    this.#watchers.delete(folder)
  }

  #changed(folder: string, name: string | null): void {
    if (name === null) return
    const path = join(folder, name)
    if (isCode(name)) this.#onSave(path)
    // A folder that was made, or came, may have files by now.
    else if (!ignored.test(name) && !name.includes('.')) {
      const isNew = !this.#watchers.has(path)
      this.#enter(path)
      if (isNew && this.#watchers.has(path)) this.#tellOf(path)
    }
  }

  #tellOf(folder: string): void {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (isCode(name)) this.#onSave(join(folder, name))
    }
  }
}

function isCode(name: string): boolean {
  return /(?:^|\/)[^.][^/]*\.[cm]?[jt]sx?$/.test(name)
}
