import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ids } from './ids.ts'
import type { Mount } from './mount.ts'

/** What Playwright has compiled in one seal of a run, kept for the next, as the `/tmp` of a seal goes with it. No other run sees it. */
export class TransformCache implements Disposable {
  readonly mount: Mount
  readonly #folder: string

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'fledge-compiled-'))
    // Where Playwright has it by itself.
    const path = `/tmp/playwright-transform-cache-${ids().uid}`
    this.mount = { kind: 'writable', path, source: this.#folder }
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
