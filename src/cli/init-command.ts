import { Command, InvalidArgumentError } from 'commander'

import { act } from './act.ts'
import { foundAt } from './found-at.ts'
import { imageNames } from './image-names.ts'

/** The services that a new project can be tested by. */
export type CiService = 'github' | 'gitlab'

/** What `fledge init` is told besides the folder. */
export interface InitArguments {
  readonly image: readonly string[]
  readonly ci: readonly CiService[]
}

const services: readonly CiService[] = ['github', 'gitlab']

const defaults: InitArguments = { image: ['debian:13-minimal'], ci: services }

/** `fledge init [FOLDER]` */
export function initCommand(): Command {
  return new Command('init')
    .summary('begin a project with tests of machines')
    .description(
      'begin a project with tests of machines, or add them to one: a configuration, a first test that passes, and what runs ' +
        'them on GitHub and GitLab. No file is overwritten; to "package.json" is added what it lacks.',
    )
    .argument('[folder]', 'where; it is made if it is not there (default: this folder)', parseFolder)
    .option(
      '--image <names>',
      'images to test on, separated by commas; * is any (default: debian:13-minimal)',
      (text, before: readonly string[] | undefined) => imageNames(text, before),
    )
    .option(
      '--ci <services>',
      'whose pipelines to write: github, gitlab, or none (default: github,gitlab)',
      parseServices,
    )
    .addHelpText('after', more)
    .action((folder: string | undefined, given: Partial<InitArguments>) =>
      act(async () => (await import('./init.ts')).init(folder ?? '.', { ...defaults, ...given })),
    )
}

const more = `
Examples:
  fledge init
  fledge init machines --image 'debian:*-minimal' --ci github`

function parseFolder(path: string): string {
  const found = foundAt(path)
  if (path !== '' && (found === undefined || found.isDirectory())) return path
  throw new InvalidArgumentError('It must be a folder, or the path of a new one')
}

function parseServices(text: string): readonly CiService[] {
  const given = text.split(',')
  const known = services.filter((each) => given.includes(each))
  if (text === 'none' || known.length === given.length) return known
  throw new InvalidArgumentError(
    `It must be ${services.join(', or ')}, or both with a comma between, or none`,
  )
}
