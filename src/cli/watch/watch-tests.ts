import { relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { paint } from '../../interactive/paint.ts'
import { print } from '../print.ts'
import { FolderWatch } from './folder-watch.ts'
import { nextWish, type Wish } from './keys.ts'
import type { Selection } from './selection.ts'

/** What is watched, and how it is run. */
export interface WatchedTests {
  readonly folder: string
  /** Which tests a saved file is a reason for; nothing when it is none. */
  readonly selectionFor: (path: string) => Selection | undefined
  /** Gives the exit status. The signal ends it early. */
  readonly run: (selection: Selection, signal: AbortSignal) => Promise<number>
}

/** Files that are saved within so many milliseconds are one reason, as an editor or a build writes several. */
const burstMs = 150

/** As shells have it. */
const interruptedStatus = 130

/**
 * Runs tests, and again whenever a file is saved, until the person at the terminal has enough. A file that is saved during a run ends that: what it
 * would tell is of the past.
 *
 * @returns the exit status of the last run, or 130 after Ctrl-C
 */
export async function watchTests(tests: WatchedTests): Promise<number> {
  const saves = new Saves(tests)
  using _ = new FolderWatch(tests.folder, (path) => saves.take(path))
  let selection: Selection = 'all'
  for (;;) {
    const { signal } = saves.next()
    const status = await tests.run(selection, signal)
    if (!signal.aborted) {
      if (status === interruptedStatus) return status
      print(paint('dim', `fledge: watching; Enter runs all again, f those that failed, q quits`))
      const wish: Wish | undefined = await nextWish(signal)
      if (wish === 'quit') return status
      if (wish === 'interrupt') return interruptedStatus
      if (wish) {
        selection = wish
        continue
      }
      selection = []
    }
    selection = union(selection, await saves.settled())
  }
}

/** What was saved since the last run began. */
class Saves {
  readonly #tests: WatchedTests
  readonly #paths = new Set<string>()
  #selection: Selection = []
  #last = 0
  #controller = new AbortController()

  constructor(tests: WatchedTests) {
    this.#tests = tests
  }

  /** Begins anew; aborts at the first save from now on. */
  next(): AbortController {
    this.#paths.clear()
    this.#selection = []
    this.#controller = new AbortController()
    return this.#controller
  }

  take(path: string): void {
    const selection = this.#tests.selectionFor(path)
    if (selection === undefined) return
    this.#paths.add(path)
    this.#selection = union(this.#selection, selection)
    this.#last = performance.now()
    this.#controller.abort()
  }

  /** Waits until nothing more is saved, says what was, and gives what it is a reason for. */
  async settled(): Promise<Selection> {
    for (;;) {
      const leftMs = this.#last + burstMs - performance.now()
      if (leftMs <= 0) break
      await sleep(leftMs)
    }
    const [first = '', ...rest] = [...this.#paths].map((path) => relative(process.cwd(), path))
    const others = rest.length === 0 ? '' : ` and ${rest.length} more`
    print(`\n${paint('dim', `fledge: "${first}"${others} was saved`)}`)
    return this.#selection
  }
}

/** Both: what did not come to its end, and what is new. */
function union(one: Selection, other: Selection): Selection {
  if (typeof one === 'string' || typeof other === 'string') return 'all'
  return [...new Set([...one, ...other])]
}
