import { Command } from 'commander'

import { act } from './act.ts'
import { parseDuration } from './parse-duration.ts'
import { parseEntryName } from './parse-entry-name.ts'

/** `fledge cache ls|prune|rm|verify` */
export function cacheCommand(): Command {
  const command = new Command('cache').description('look after the folder of images and templates')
  command
    .command('ls')
    .description('list all that is in it, with what it takes on the disk')
    .option('--json', 'print it for programs')
    .action((given: { json?: boolean }) => act(async () => (await import('./cache.ts')).listEntries(given)))
  command
    .command('prune')
    .description('remove what nothing refers to any more; nothing that is in use')
    .option('--older-than <AGE>', 'remove what was not used for so long too, as 30d, 2w or 12h', (text) =>
      parseDuration(text, 'age'),
    )
    .option('--dry-run', 'only tell what would be removed')
    .action((given: { olderThan?: number; dryRun?: boolean }) =>
      act(async () => (await import('./cache.ts')).prune(given)),
    )
  command
    .command('rm')
    .description('remove entries, with all that was made from them')
    .argument('<name...>', 'names of images, or names as "fledge cache ls" has them', parseEntryName)
    .option('--force', 'even if machines run on them; they run on')
    .option('--dry-run', 'only tell what would be removed')
    .action((names: readonly string[], given: { force?: boolean; dryRun?: boolean }) =>
      act(async () => (await import('./cache.ts')).removeEntries(names, given)),
    )
  command
    .command('verify')
    .description('read all of it and check that it is what was written; exit status 1 if not')
    .action(() => act(async (signal) => (await import('./cache.ts')).verify(signal)))
  return command
}
