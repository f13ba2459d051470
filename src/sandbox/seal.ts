import { dirname } from 'node:path'

import { MisuseError } from '../errors.ts'
import { absentList } from './absent-list.ts'
import type { FoundInputs } from './find-sealed-inputs.ts'
import { linksIn } from './import-graph.ts'
import { inputMounts } from './input-mounts.ts'
import { ids } from './ids.ts'
import type { Mount } from './mount.ts'
import { isIn, type Outputs } from './outputs.ts'
import { ownPackage } from './own-package.ts'
import { linkedPackages, packageFoldersAbove } from './package-folders.ts'
import { systemMounts } from './system-mounts.ts'
import type { TestRun } from './test-run.ts'
import { walkFolder } from './walk-folder.ts'

/** Folders that are the seal's own: a project that holds one of them cannot be laid over it. */
const taken = ['/tmp', '/home', '/usr', '/etc', '/run', '/proc', '/dev']

/** Where the socket of the machines' owner is in a seal: the one way out of it. */
export const sealedOwner = '/run/fledge/owner.sock'

/** What is seen in the seal of a run: the system, the packages, the inputs, and where results go. */
export function sealMounts(
  run: TestRun,
  found: FoundInputs,
  { outputs, owner }: { readonly outputs: Outputs; readonly owner?: string },
): readonly Mount[] {
  checkFolder(run.folder)
  const { configFiles, shared, declared, files } = found.inputs
  const inputs = [...new Set([...configFiles, ...shared, ...declared, ...[...files.values()].flat()])]
  const walk = walkFolder(run.folder, { except: outputs.folders })
  const known = new Set([...inputs, ...outputs.files])
  const absent = walk.entries.map(({ path }) => path).filter((path) => !known.has(path))
  return [
    ...systemMounts(ids()),
    ...(run.compiled ? [run.compiled] : []),
    { kind: 'private', path: run.folder },
    { kind: 'folder', path: process.cwd() },
    ...found.listing.projects.map(({ testDir }): Mount => ({ kind: 'folder', path: testDir })),
    ...linksIn(run.folder).flatMap((path) =>
      inputMounts([path], { entries: [], left: new Set(), folders: [] }),
    ),
    ...packageMounts(run, found),
    ...inputMounts(inputs, walk),
    ...outputs.folders.map((path): Mount => ({ kind: 'writable', path })),
    ...outputs.files.map((path): Mount => ({ kind: 'writable', path })),
    ...(owner === undefined ? [] : [{ kind: 'writable', path: sealedOwner, source: owner } as const]),
    { kind: 'text', path: absentList, text: [run.folder, ...absent].join('\n') },
    { kind: 'closed', path: run.folder },
    { kind: 'closed', path: '/' },
  ]
}

/** Every `node_modules` that may be looked into, and what links in it lead to in another. */
function packageMounts({ folder, cli }: TestRun, { packageFolders, inputs }: FoundInputs): readonly Mount[] {
  const sources = [...inputs.files.values(), inputs.configFiles].flat()
  const modules = new Set([
    ...[folder, dirname(cli), ...sources.map((file) => dirname(file))].flatMap(packageFoldersAbove),
    ...packageFolders,
  ])
  const linked = [...modules].flatMap(linkedPackages).filter((path) => path.endsWith('/node_modules'))
  const all = [...new Set([...modules, ...linked, ...ownPackage()])].toSorted()
  const isInner = (path: string): boolean => all.some((other) => other !== path && isIn(path, other))
  return all.filter((path) => !isInner(path)).map((path) => ({ kind: 'readable', path }))
}

function checkFolder(folder: string): void {
  const inside = taken.find((path) => isIn(path, folder))
  if (inside === undefined) return
  throw new MisuseError(
    'ERR_FLEDGE_OPTION',
    `Cannot seal a run in "${folder}": a sealed run has a "${inside}" of its own`,
    { hint: 'Put the tests into a folder of their own, and run them there' },
  )
}
