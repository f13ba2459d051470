import { createHash } from 'node:crypto'

import { releaseOfSuite } from '../debian-releases.ts'
import { customizeScript } from './customize-script.ts'
import { fileSystemOptions } from './file-system.ts'
import { kernelArguments } from './kernel-arguments.ts'
import { keptPaths, leftOutPaths } from './left-out-paths.ts'
import { basePackages } from './packages.ts'

/** What mmdebstrap is told, besides where from and where to. */
export interface Recipe {
  readonly arguments: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** The recipe of an image: a suite with extra packages. */
export function recipeFor(suite: string, include: readonly string[], machineId: string): Recipe {
  const packages = [...basePackages, ...(releaseOfSuite(suite)?.packages ?? []), ...include]
  return {
    arguments: [
      // The namespaces are ours; this makes mmdebstrap mount only what is allowed in them.
      '--mode=unshare',
      '--variant=minbase',
      '--format=directory',
      '--verbose',
      `--include=${packages.join(',')}`,
      ...leftOutPaths.map((path) => `--dpkgopt=path-exclude=${path}`),
      ...keptPaths.map((path) => `--dpkgopt=path-include=${path}`),
      // It would take the machine-id away again; the customize script removes the rest.
      '--skip=cleanup/reproducible',
      `--customize-hook=${customizeScript(machineId)}`,
    ],
    environment: {
      // The kernel's package then makes no initrd of its own.
      INITRD: 'No',
    },
  }
}

/** A hex digest that changes whenever the recipe of a suite does. */
export function recipeDigest(suite: string): string {
  const whole = [recipeFor(suite, [], ''), fileSystemOptions, kernelArguments]
  return createHash('sha256').update(JSON.stringify(whole)).digest('hex')
}
