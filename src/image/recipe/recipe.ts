import { createHash } from 'node:crypto'

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

/** The recipe of an image. */
export function recipeFor(include: readonly string[], machineId: string): Recipe {
  return {
    arguments: [
      // The namespaces are ours; this makes mmdebstrap mount only what is allowed in them.
      '--mode=unshare',
      '--variant=minbase',
      '--format=directory',
      '--verbose',
      `--include=${[...basePackages, ...include].join(',')}`,
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

/** A hex digest that changes whenever the recipe does. */
export function recipeDigest(): string {
  const whole = [recipeFor([], ''), fileSystemOptions, kernelArguments]
  return createHash('sha256').update(JSON.stringify(whole)).digest('hex')
}
