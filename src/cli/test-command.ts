import { join } from 'node:path'

import { Command, Option } from 'commander'

import { MisuseError } from '../index.ts'
import { hasTty } from '../interactive/own-tty.ts'
import { planEnvironment } from '../test/command-plan.ts'
import { imageNames } from './image-names.ts'
import { parseCount } from './parse-count.ts'
import { ownConfig, type PlanOptions, planTests, sealedRunOf } from './plan-tests.ts'
import { parseSeed, parseShuffle } from './repeat-options.ts'
import { showNotices } from './show-progress.ts'
import { runPlaywright } from './test-runner.ts'
import { selected, selectionAmong } from './watch/selection.ts'

/** `fledge test`: Playwright Test with all its options, a configuration where there is none, and `--image`. */
export function testCommand(): Command {
  return new Command('test')
    .description('run tests, each in a machine of its own')
    .argument('[files...]', 'test files and folders; FILE:LINE is one test (default: all below this folder)')
    .option('--image <names>', 'run them on these images, separated by commas; * is any', imageNames)
    .option('--verbose', 'tell every step as it ends, with the end of its output')
    .option('--rerun', 'with --sandbox: run all tests, whatever is remembered of them')
    .option('--verdicts <place>', 'with --sandbox: the folder or server of remembered verdicts')
    .option(
      '--repeat <n>',
      'run each test so often, and name those whose verdict is not always the same',
      (text) => parseCount(text, [2, 10_000]),
    )
    .option('--shuffle [seed]', 'run them in an order of chance', parseShuffle)
    .option('--seed <word>', 'with --shuffle: the same order for the same seed', parseSeed)
    .option(
      '--sandbox',
      'seal the run: no network, nothing to read but its inputs, nothing to write but its results',
    )
    .addOption(
      new Option(
        '--pause-on-failure',
        'stop at the end of a test that has failed, with its machine at a prompt in this terminal',
      ).conflicts('sandbox'),
    )
    .addOption(
      new Option('--watch', 'run them again whenever a file with code is saved').conflicts('sandbox'),
    )
    .usage('[files...] [--image NAME,…] [--verbose] [--sandbox] [options of Playwright]')
    .allowUnknownOption()
    .addHelpText('after', afterHelp)
    .action(async (_files: string[], options: TestOptions, command: Command) => {
      process.exitCode = await runTests(command.args, options)
    })
}

const afterHelp = `
Options of Playwright that are often useful; "npx playwright test --help" has them all:
  -g, --grep <pattern>     only tests whose titles match
  --project <name...>      only some projects, as a matrix has one for each image
  -j, --workers <n>        so many machines at once
  --retries <n>            try failed tests again
  --timeout <ms>           a test's time under KVM; ten times that when machines are emulated
  --reporter <names>       list, line, dot, github, junit, json, html, blob
  --shard <i/n>            one part of the tests
  -x                       stop at the first failure
  --list                   only list the tests

Examples:
  $ fledge test
  $ fledge test --watch
  $ fledge test --repeat 20 --shuffle
  $ fledge test --verbose tests/install.spec.ts:12
  $ fledge test tests/install.spec.ts --image debian:12-minimal,debian:13-minimal`

interface TestOptions extends PlanOptions {
  readonly sandbox?: boolean
  readonly watch?: boolean
  readonly rerun?: boolean
  readonly verdicts?: string
}

async function runTests(
  given: readonly string[],
  { sandbox = false, watch = false, rerun = false, verdicts, ...wanted }: TestOptions,
): Promise<number> {
  if (!sandbox) refuseWithoutSeal({ '--rerun': rerun, '--verdicts': verdicts !== undefined })
  if (wanted.pauseOnFailure) requireTty()
  const planned = await planTests(given, wanted)
  const { cli, args, patterns, options, config, home, plan } = planned
  if (sandbox) {
    using _notices = showNotices(process.stderr)
    const { runSealed, verdictPlace } = await import('../sandbox/on-demand.ts')
    const choice = { place: verdictPlace(verdicts), rerun, options }
    // Who looks for verdicts that are not stable wants none that is remembered.
    const isToRun = !wanted.repeat && !wanted.shuffle && !args.includes('--list')
    return await runSealed(sealedRunOf(planned), isToRun ? choice : undefined)
  }
  const isUsers = config !== undefined && plan.images.length === 0
  const env = {
    ...planEnvironment(plan),
    ...(isUsers || !given.some((each) => /^--(add-)?reporter/.test(each)) ? {} : reportPlaces(home)),
  }
  const run = (more: readonly string[], signal?: AbortSignal): Promise<number> =>
    runPlaywright(cli, ['--config', isUsers ? config : ownConfig, ...more, ...args], env, signal)
  if (!watch) return run([])
  const { watchTests } = await import('./watch/watch-tests.ts')
  return watchTests({
    folder: home,
    selectionFor: selectionAmong(patterns),
    run: (selection, signal) => run(selected(selection), signal),
  })
}

/** @throws MisuseError `ERR_FLEDGE_OPTION` */
function refuseWithoutSeal(options: Readonly<Record<string, boolean>>): void {
  const [name] = Object.entries(options).find(([, isGiven]) => isGiven) ?? []
  if (name === undefined) return
  throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot use ${name} without --sandbox`, {
    hint: 'Only what is sealed has verdicts that can be remembered',
  })
}

function requireTty(): void {
  if (hasTty()) return
  throw new MisuseError('ERR_FLEDGE_OPTION', 'Cannot pause on failure: there is no terminal', {
    hint: 'Run the tests in a terminal, or without --pause-on-failure',
  })
}

/** Where reporters of the command line write, which Playwright takes from the folder of the configuration. */
function reportPlaces(folder: string): Readonly<Record<string, string>> {
  const places = {
    PLAYWRIGHT_HTML_OUTPUT_DIR: 'playwright-report',
    PLAYWRIGHT_BLOB_OUTPUT_DIR: 'blob-report',
  }
  const unset = Object.entries(places).filter(([name]) => !process.env[name])
  return Object.fromEntries(unset.map(([name, path]) => [name, join(folder, path)]))
}
