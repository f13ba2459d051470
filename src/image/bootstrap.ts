import { rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { notice } from '../util/notice.ts'
import { runTool } from '../util/run-tool.ts'
import { temporaryFolder } from '../util/temporary-folder.ts'
import { readAptSettings } from './apt-settings.ts'
import { buildProgress } from './build-progress.ts'
import type { ImageSpec } from './image.ts'
import { runInNamespaces } from './in-namespaces.ts'
import type { Recipe } from './recipe/recipe.ts'

/** What long work gets from its caller. */
export interface BuildContext {
  readonly signal?: AbortSignal
  /** Says where the work stands. */
  readonly update: (detail: string) => void
}

/** Fills a new folder with a root file system, from signed packages, by mmdebstrap. */
export async function bootstrap(
  spec: ImageSpec,
  from: { readonly sources: readonly string[]; readonly recipe: Recipe },
  root: string,
  { signal, update }: BuildContext,
): Promise<void> {
  const abort = signal === undefined ? {} : { signal }
  // Asked for here, since what is missing inside of the namespaces is harder to tell.
  await runTool('mmdebstrap', ['--version'], abort)
  await temporaryFolder()
  const { connection, dates } = await readAptSettings(signal)
  if (dates.length > 0) {
    notice(
      'The packages of images are taken from lists of any date, as the apt of this host is set to',
      'Remove "Acquire::Check-Valid-Until" and "Acquire::Check-Date" from /etc/apt/apt.conf.d, unless the mirror is a snapshot',
    )
  }
  // A file, since everyone can read a command line and a proxy may have a password.
  const settings = join(dirname(root), 'apt.conf')
  await writeFile(settings, [...connection, ...dates].map((line) => `${line}\n`).join(''), { mode: 0o600 })
  await runInNamespaces(
    'mmdebstrap',
    [`--aptopt=${settings}`, ...from.recipe.arguments, spec.suite, root, ...from.sources],
    { ...abort, env: from.recipe.environment, onLine: buildProgress(update) },
  )
  await rm(settings)
}
