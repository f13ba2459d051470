import { writeFileSync } from 'node:fs'
import { isAbsolute } from 'node:path'

import type { FullConfig, Reporter, Suite } from '@playwright/test/reporter'

import { declaredIn } from './declared-in.ts'
import type { ConfigFacts, ListedFile, ListedProject, Listing } from './listing.ts'

/** The descriptor on which the list pass tells what it found. */
export const listingDescriptor = 3

/** Tells fledge, outside of the seal, which tests a run has and what they declare. */
export default class ListReporter implements Reporter {
  readonly #facts: ConfigFacts
  #rootDir = ''
  #projects: readonly ListedProject[] = []
  #files: readonly ListedFile[] = []
  #errors = 0

  constructor({ facts }: { readonly facts: ConfigFacts }) {
    this.#facts = facts
  }

  printsToStdio(): boolean {
    return false
  }

  onBegin(config: FullConfig, root: Suite): void {
    this.#rootDir = config.rootDir
    this.#projects = config.projects.map(
      ({ name, testDir, snapshotDir, outputDir, dependencies, teardown, use }) => {
        const { inputs, environment } = use as { inputs?: unknown; environment?: unknown }
        return { name, testDir, snapshotDir, outputDir, dependencies, teardown, inputs, environment }
      },
    )
    const files = new Map<string, ListedFile>()
    for (const project of root.suites) {
      for (const suite of project.suites) {
        const path = suite.location?.file
        if (path === undefined || !isAbsolute(path)) continue
        const before = files.get(path) ?? { path, inputs: [], environment: [], tests: [] }
        const { inputs, environment } = declaredIn(suite)
        const tests = suite.allTests().map((test) => ({
          id: test.id,
          // The first three are the root, the project and the file.
          titlePath: test.titlePath().slice(3),
          project: project.project()?.name ?? '',
        }))
        files.set(path, {
          path,
          inputs: [...before.inputs, ...inputs],
          environment: [...before.environment, ...environment],
          tests: [...before.tests, ...tests],
        })
      }
    }
    this.#files = [...files.values()]
  }

  onError(): void {
    this.#errors++
  }

  onEnd(): void {
    const listing: Listing = {
      ...this.#facts,
      errors: this.#errors,
      rootDir: this.#rootDir,
      projects: this.#projects,
      files: this.#files,
    }
    // What is no JSON is no declaration either: it is shown to who wrote it.
    const text = JSON.stringify(listing, (_, value: unknown) =>
      typeof value === 'function' || value instanceof RegExp ? String(value) : value,
    )
    writeFileSync(listingDescriptor, text)
  }
}
