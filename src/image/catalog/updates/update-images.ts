import { resolve } from 'node:path'

import { EnvironmentError } from '../../../errors.ts'
import {
  abortSignal,
  checkOptions,
  checkValue,
  listOfTexts,
  type OptionChecks,
  text,
  trueOrFalse,
} from '../../../util/check-options.ts'
import { step } from '../../../util/progress.ts'
import { replaceFile } from '../../../util/replace-file.ts'
import { isOffline } from '../../download/offline.ts'
import { type Builds, formatBuilds } from '../builds.ts'
import type { CatalogEntry } from '../catalog-entry.ts'
import { projectFile, readBuilds } from '../project-builds.ts'
import { architecturesOf, chooseEntries } from './choose-entries.ts'
import { type ImageUpdate, type Looked, lookForUpdate } from './look-for-update.ts'
import { openWeb, type WebOptions } from './web.ts'

/** Which images are looked for, and where they are pinned. */
export interface UpdateImagesOptions {
  /** Names of images, or aliases; all by default. */
  readonly names?: readonly string[]
  /** Where builds are pinned; `fledge.images.json` in the current folder by default. */
  readonly file?: string
  /** Writes nothing. */
  readonly dryRun?: boolean
  readonly signal?: AbortSignal
}

const updateChecks: OptionChecks<UpdateImagesOptions> = {
  names: listOfTexts,
  file: text,
  dryRun: trueOrFalse,
  signal: abortSignal,
}

/** As many are looked for at once; most are at different servers. */
const atOnce = 6

/**
 * @param web how the servers of the distributions are read
 * @throws EnvironmentError `ERR_FLEDGE_OFFLINE` when `FLEDGE_OFFLINE` is set
 */
export async function updateImages(
  entries: readonly CatalogEntry[],
  options: UpdateImagesOptions = {},
  web: WebOptions = {},
): Promise<readonly ImageUpdate[]> {
  checkValue('updateImages', 'entries', entries, (value) => (Array.isArray(value) ? undefined : 'an array'))
  checkOptions('updateImages', options, updateChecks)
  const { names = [], file = projectFile, dryRun = false, signal } = options
  const chosen = chooseEntries(entries, names)
  if (isOffline()) throw offlineError(file)
  const { builds: pinned, schema } = readBuilds(file)
  const looked = await lookForAll(withPinned(chosen, pinned), { ...web, ...(signal ? { signal } : {}) })
  if (!dryRun && looked.some(({ newer }) => newer !== undefined)) {
    await replaceFile(resolve(file), formatBuilds(merged(pinned, looked), schema))
  }
  return looked.map(({ update }) => update)
}

function offlineError(file: string): EnvironmentError {
  return new EnvironmentError('ERR_FLEDGE_OFFLINE', 'Cannot look for newer images: FLEDGE_OFFLINE is set', {
    hint: `Run "fledge images update" where there is a network, and bring the "${file}" that it writes here; or unset FLEDGE_OFFLINE`,
  })
}

async function lookForAll(entries: readonly CatalogEntry[], options: WebOptions): Promise<Looked[]> {
  const tasks = entries.flatMap((entry) =>
    architecturesOf(entry).map((architecture) => ({ entry, architecture })),
  )
  await using web = openWeb(options)
  // Waited for here: the web is closed at the end of this.
  return await step('looking for newer images', async (update) => {
    let done = 0
    return inParallel(tasks, async ({ entry, architecture }) => {
      const looked = await lookForUpdate(entry, architecture, web)
      update(`${++done} of ${tasks.length}`)
      return looked
    })
  })
}

/** What a project has pinned is what it has until now. */
function withPinned(entries: readonly CatalogEntry[], pinned: Builds): readonly CatalogEntry[] {
  return entries.map((entry) => ({ ...entry, builds: { ...entry.builds, ...pinned[entry.name] } }))
}

function merged(pinned: Builds, looked: readonly Looked[]): Builds {
  const images = { ...pinned }
  for (const { update, newer } of looked) {
    if (newer !== undefined) images[update.image] = { ...images[update.image], [update.architecture]: newer }
  }
  return images
}

async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const queue = [...items.entries()]
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      results[next[0]] = await work(next[1])
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results
}
