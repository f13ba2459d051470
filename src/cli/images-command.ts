import { Command } from 'commander'

import { act } from './act.ts'
import { includeOption } from './machine-options.ts'
import { parseEntryName } from './parse-entry-name.ts'
import { updateCommand } from './update-command.ts'

/** `fledge images ls|build|pull|update|rm` */
export function imagesCommand(): Command {
  const command = new Command('images').description('list, build, download, update and remove images')
  command
    .command('ls')
    .description('list the images that can be started, and what the cache has of them')
    .option('--all', 'list the official images of distributions too')
    .option('--json', 'print it for programs')
    .action((given: { json?: boolean; all?: boolean }) =>
      act(async () => (await import('./list-images.ts')).listImages(given)),
    )
  command
    .command('build')
    .description(
      "build an image from its distribution's signed packages; the first use of an image does it too",
    )
    .argument('<image>', 'as debian:13-minimal or debian:13-minimal+nginx,postgresql')
    .addOption(includeOption())
    .option('--refresh', 'build it again, with the packages that the mirror has now')
    .action((image: string, given: { include?: readonly string[]; refresh?: boolean }) =>
      act(async (signal) => (await import('./build-image.ts')).buildImage(image, given, signal)),
    )
  command.addCommand(updateCommand())
  command
    .command('pull')
    .description('download the disks of official images, or from addresses, and print where they are')
    .argument('<image...>', 'as debian:13 or https://…/disk.qcow2#sha256=…')
    .action((names: readonly string[]) =>
      act(async (signal) => (await import('./pull-images.ts')).pullImages(names, signal)),
    )
  command
    .command('rm')
    .description('remove images from the cache, with all that was made from them')
    .argument('<image...>', 'their names', parseEntryName)
    .option('--force', 'even if machines run on them; they run on')
    .option('--dry-run', 'only tell what would be removed')
    .action((names: readonly string[], given: { force?: boolean; dryRun?: boolean }) =>
      act(async () => (await import('./cache.ts')).removeEntries(names, given)),
    )
  return command
}
