import { Command } from 'commander'

import type { CatalogEntry } from '../index.ts'
import { act } from './act.ts'
import { parseOutputFile } from './parse-output-file.ts'

interface Given {
  readonly file?: string
  readonly json?: boolean
  readonly dryRun?: boolean
}

/**
 * `fledge images update`
 *
 * @param catalog gives the images that there are; those that fledge knows by default
 */
export function updateCommand(
  catalog: () => Promise<readonly CatalogEntry[]> = async () => (await import('../index.ts')).imageCatalog(),
): Command {
  return new Command('update')
    .description(
      'look for newer builds of official images, and pin them in fledge.images.json in this folder; exit status 1 if one failed',
    )
    .argument('[name...]', 'as debian:13 (default: all that are not past their end of life)')
    .option('--file <path>', 'pin them in this file instead', parseOutputFile)
    .option('--json', 'print it for programs')
    .option('--dry-run', 'only tell what would change')
    .action((names: readonly string[], given: Given) =>
      act(async (signal) => {
        const { updateOfficialImages } = await import('./update-images.ts')
        return updateOfficialImages(await catalog(), names, given, signal)
      }),
    )
}
