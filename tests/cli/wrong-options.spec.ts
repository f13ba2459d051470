import { existsSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'
import type { Command } from 'commander'

import { checkLeaks } from '../fixtures/leaks.ts'
import { test } from '../unit/test-in-folder.ts'
import { fledge, image, type Run } from './run-fledge.ts'
import { testProject } from './test-project.ts'

/** The arguments of a command that it refuses, and what it has to say of them. */
interface Wrong {
  readonly args: readonly string[]
  readonly says: readonly string[]
}

/** Values of an option that it refuses, and what is said of what it takes; each message has option and value. */
function values(option: string, wrong: readonly string[], says: string): readonly Wrong[] {
  return wrong.map((value) => ({
    args: [option, value],
    says: [`ption '${option} `, `argument '${value}' is invalid`, says],
  }))
}

/** A switch, which takes no value. */
function flag(option: string): readonly Wrong[] {
  return [{ args: [`${option}=yes`], says: [`Unknown option '${option}=yes'`] }]
}

/** An option that names a file to write. */
function outputFile(option: string): readonly Wrong[] {
  const paths = ['', '.', 'folder', 'none/x.json', 'file/x.json', 'new/', '/proc/x.json', 'x'.repeat(300)]
  return values(option, paths, 'It must be a file that can be written')
}

/** Lines that are refused, by what is said of them. */
function lines(wrong: Readonly<Record<string, readonly string[]>>): readonly Wrong[] {
  return Object.entries(wrong).map(([says, args]) => ({ args, says: [says] }))
}

/** What both commands that remove entries refuse, whose arguments have different names. */
function removals(argument: string): Readonly<Record<string, readonly Wrong[]>> {
  return {
    [argument]: [
      ...['', '.', '..', '../x', '/etc', 'images/x'].map((name) => ({
        args: [name],
        says: [`'${name}' is invalid for argument '${argument}'`, '"fledge cache ls"'],
      })),
      ...lines({ [`'' is invalid for argument '${argument}'`]: [image, ''] }),
    ],
    '--force': flag('--force'),
    '--dry-run': flag('--dry-run'),
  }
}

const include = [
  ...values('--include', ['', ',', 'nginx,', 'nginx,,curl', ' '], 'separated by commas'),
  ...lines({
    'Cannot include "Nginx"': ['--include', 'Nginx'],
    'Cannot include "-o=x"': ['--include', 'curl,-o=x'],
  }),
]

const images = {
  'Cannot find an image named ""': '',
  'Cannot find an image named "debian:99"': 'debian:99',
  'Cannot find one image named "debian:*-minimal"': 'debian:*-minimal',
  'Cannot include "" in "debian:13-minimal+"': 'debian:13-minimal+',
  'Cannot include "" in "debian:13-minimal+,"': 'debian:13-minimal+,',
  'Cannot include "A" in "debian:13-minimal+curl,A"': 'debian:13-minimal+curl,A',
}

/** What machines cannot be made of, and what is not built. */
const machines = {
  'Cannot find the image "../x": there is no such file': '../x',
}
const builds = {
  'Cannot build "debian:13": it is the official image of Debian 13': 'debian:13',
  'Cannot find an image named "../x"': '../x',
}

/** The same for each image that is none. */
function imagesIn(
  line: (name: string) => readonly string[],
  others: Readonly<Record<string, string>> = machines,
): readonly Wrong[] {
  const all = { ...images, ...others }
  return lines(Object.fromEntries(Object.entries(all).map(([says, name]) => [says, line(name)])))
}

/** What a command needs besides the option that is tried. */
const rest: Readonly<Record<string, readonly string[]>> = {
  exec: [image, '--', 'true'],
  shell: [image],
  repl: [image],
  'images build': [image],
  'images rm': [image],
  'cache rm': [image],
}

/** What the options refuse by which one says what a machine is like, and where in it a command runs. */
const machineOptions: Readonly<Record<string, readonly Wrong[]>> = {
  '--share': [
    ...values('--share', ['', 'dist', ':/mnt', 'dist:mnt', 'dist:', '/mnt'], 'It must be DIR:PATH'),
    ...values('--share', ['.:/mnt:RO', '.:/mnt:read-only', '.:/mnt:', '.:/mnt:r'], 'is not an access'),
    ...lines({
      '"none" at "/mnt"': ['--share', 'none:/mnt'],
      '"file" at "/mnt"': ['--share', 'file:/mnt:rw'],
      'Cannot share at "/"': ['--share', '.:/'],
      'Cannot share at "/mnt" twice': ['--share', '.:/mnt', '--share', '.:/mnt/'],
      '"/mnt" has a share already': ['--share', '.:/mnt', '--share', 'folder:/mnt'],
      'Cannot share 5 folders': ['/1', '/2', '/3', '/4', '/5'].flatMap((path) => ['--share', `.:${path}`]),
    }),
  ],
  '--include': include,
  '--memory': values(
    '--memory',
    ['', '0', '-1', '1', '255', '1.5', '100K', '1048577', '2T', 'much', '1e3', '9'.repeat(400)],
    'from 256 to 1048576',
  ),
  '--cpus': values('--cpus', ['', '0', '-1', '1.5', '65', 'two', '9'.repeat(400)], 'from 1 to 64'),
  '--disk': [
    ...values(
      '--disk',
      ['', '0', '-8', '8.5', '512M', '4097', '5T', 'big', '+', '+0', '++1', '+512M', '+4097'],
      'from 1 to 4096',
    ),
    ...lines({
      'Cannot use a disk of 7 GiB: that of the image "debian:13-minimal" has 8 GiB': ['--disk', '7'],
    }),
  ],
  '--network': values('--network', ['', 'nat', 'NONE'], 'Allowed choices are user, none'),
  '--accelerator': values('--accelerator', ['', 'hvf', 'KVM'], 'Allowed choices are auto, kvm, tcg'),
  '--firmware': [
    ...values('--firmware', ['', 'efi', 'UEFI'], 'Allowed choices are bios, uefi, secure-boot'),
    ...lines({ 'Cannot use the firmware "secure-boot"': ['--firmware', 'secure-boot'] }),
  ],
  '--cold': flag('--cold'),
  '--channel': [
    ...values('--channel', ['', 'none', 'SSH'], 'Allowed choices are agent, ssh'),
    ...lines({ 'Cannot use the channel "ssh" for "debian:13-minimal"': ['--channel', 'ssh'] }),
  ],
  '--keep-state': [
    ...outputFile('--keep-state'),
    ...lines({ 'Cannot keep the state of a clone': ['--keep-state', 'x.qcow2'] }),
  ],
  '--user': values('--user', [''], 'It must be'),
  '--cwd': values('--cwd', ['', '.', 'relative', '~', '../x'], 'It must be an absolute path'),
  '--env': [
    ...values('--env', ['', '=', '=x'], 'It must be NAME=VALUE'),
    ...values('--env', ['FLEDGE_NO_SUCH', 'toString'], 'There is no variable'),
  ],
}

/** What of that is refused as it is read, and not when a machine is launched. */
const asTheyAreRead = Object.fromEntries(
  Object.entries(machineOptions).map(([option, tries]) => [
    option,
    tries.filter(({ says }) => says.some((each) => /is invalid|Unknown option/.test(each))),
  ]),
)

/** The same for a command that runs nothing in the guest by itself. */
const { '--user': _, '--cwd': __, '--env': ___, ...withoutPlace } = asTheyAreRead

/** What each option and each argument of each command refuses, before anything is started. */
const wrong: Readonly<Record<string, Readonly<Record<string, readonly Wrong[]>>>> = {
  test: {
    files: lines({ 'Cannot use "" as a test file': ['one.spec.ts', ''] }),
    '--image': [
      ...values('--image', ['', ',', `${image},`], 'An image has no name'),
      ...values('--image', [`${image},${image}`], 'is there twice'),
      ...lines({
        'Cannot find an image named "debian:99"': ['--image', `${image},debian:99`],
        'Cannot find an image that "nix:*" matches': ['--image', 'nix:*'],
        'Cannot include "" in "debian:13-minimal+"': ['--image', `${image}+`],
        'Cannot include "A" in "debian:13-minimal+curl,A"': ['--image', `${image}+curl,A`],
      }),
    ],
    '--verbose': flag('--verbose'),
    '--rerun': [...flag('--rerun'), ...lines({ 'Cannot use --rerun without --sandbox': ['--rerun'] })],
    '--verdicts': lines({
      'Cannot use the place of verdicts ""': ['--verdicts', '', '--sandbox'],
      'Cannot use the place of verdicts "s3://bucket"': ['--verdicts', 's3://bucket', '--sandbox'],
      'Cannot use verdicts of a server without a key': ['--verdicts', 'https://example.org', '--sandbox'],
      'Cannot use --verdicts without --sandbox': ['--verdicts', 'folder'],
    }),
    '--pause-on-failure': [
      ...flag('--pause-on-failure'),
      ...lines({
        "Option '--pause-on-failure' cannot be used with option '--sandbox'": [
          '--pause-on-failure',
          '--sandbox',
        ],
      }),
    ],
    '--watch': [
      ...flag('--watch'),
      ...lines({ "Option '--watch' cannot be used with option '--sandbox'": ['--watch', '--sandbox'] }),
    ],
    '--repeat': values(
      '--repeat',
      ['', '0', '1', '-2', '1.5', 'often', '10001', '9'.repeat(400)],
      'from 2 to 10000',
    ),
    '--shuffle': lines({
      'It is a file or a folder': ['--shuffle', 'file'],
      'It must be a word': ['--shuffle', 'a b'],
    }),
    '--seed': [
      ...values('--seed', ['', '-1', 'a b', 'a/b', 'x'.repeat(65)], 'It must be a word'),
      ...lines({ 'Cannot use --seed "7" without --shuffle': ['--seed', '7'] }),
    ],
    '--sandbox': [
      ...flag('--sandbox'),
      ...lines(
        Object.fromEntries(
          ['--ui', '--debug', '--update-snapshots', '-u', '--only-changed'].map((option) => [
            `Cannot use ${option} with --sandbox: a sealed run`,
            ['--sandbox', option],
          ]),
        ),
      ),
    ],
    '--config': lines({
      'Cannot use --config without a value': ['--config'],
      'Cannot use the configuration ""': ['--config='],
      'Cannot use the configuration "none.config.ts"': ['-c', 'none.config.ts'],
      '/folder" has no configuration': ['--config', 'folder'],
      '/file/x.ts" does not exist': ['-cfile/x.ts'],
    }),
  },
  why: {
    files: lines({
      'Cannot use "" as a test file': [''],
    }),
    '--image': [
      ...values('--image', ['', ',', `${image},`], 'An image has no name'),
      ...lines({ 'Cannot find an image named "debian:99"': ['--image', 'debian:99'] }),
    ],
    '--verdicts': lines({
      'Cannot use the place of verdicts ""': ['--verdicts', ''],
      'Cannot use verdicts of a server without a key': ['--verdicts', 'https://example.org'],
    }),
  },
  exec: {
    image: imagesIn((name) => [name, '--', 'true']),
    command: lines({
      "'' is invalid for argument 'command'": [image, '--', ''],
      "argument 'command'. It must be a program": [image, '--', '', 'x'],
      "Missing required argument 'command'": [image],
    }),
    ...machineOptions,
    '--timeout': values(
      '--timeout',
      ['', '0', '0s', '-1', 'soon', '1y', '1e3', '9'.repeat(400)],
      'It must be a number of seconds',
    ),
    '--keep': flag('--keep'),
  },
  ps: { '--json': flag('--json') },
  attach: { name: lines({ 'standard input and output are not a terminal': ['web'] }) },
  stop: {
    names: lines({ 'Cannot stop: name machines, or use --all': [], 'Cannot use name "" of attach': [''] }),
    '--all': [...flag('--all'), ...lines({ 'Cannot stop: name machines, or use --all': ['--all', 'web'] })],
  },
  shell: {
    // These tests have no terminal.
    image: lines({ 'standard input and output are not a terminal': [image] }),
    ...asTheyAreRead,
    '--keep': flag('--keep'),
    '--serial': [
      ...flag('--serial'),
      ...lines({
        "Option '--serial' cannot be used with option '--user <USER>'": ['--serial', '--user', 'nobody'],
      }),
    ],
    '--display': [
      ...flag('--display'),
      ...lines({ "Option '--display' cannot be used with option '--keep'": ['--display', '--keep'] }),
    ],
  },
  init: {
    folder: lines({
      "argument 'folder'. It must be a folder, or the path of a new one": ['file'],
      "'' is invalid for argument 'folder'": [''],
    }),
    '--image': [
      ...values('--image', ['', ','], 'An image has no name'),
      ...lines({ 'Cannot find an image named "debian:99"': ['new', '--image', 'debian:99'] }),
    ],
    '--ci': values('--ci', ['', 'none,github', 'jenkins', 'github,', 'github,github'], 'It must be github'),
  },
  repl: {
    targets: lines({
      // As it is for a shell.
      'standard input and output are not a terminal': [image],
      'Cannot find the file of tests "none.spec.ts"': ['none.spec.ts:3'],
      'Cannot use --keep-state with a file': ['file.ts', '--keep-state', 'x.qcow2'],
    }),
    ...withoutPlace,
    '--project': [
      ...values('--project', [''], 'It must be the name of a project'),
      ...lines({ 'Cannot use --project without a file of tests': ['--project', 'one'] }),
    ],
  },
  'images ls': { '--all': flag('--all'), '--json': flag('--json') },
  'images build': {
    image: imagesIn((name) => [name], builds),
    '--include': include,
    '--refresh': flag('--refresh'),
  },
  'images pull': {
    image: lines({
      'Cannot find an image named "debian:99"': ['debian:99'],
      'Cannot download "debian:13-minimal": it is built here': [image],
      'Cannot use the image "https://example.org/a.qcow2": nothing says which file': [
        'https://example.org/a.qcow2',
      ],
      'Cannot find the image "./none.qcow2": there is no such file': ['./none.qcow2'],
    }),
  },
  'images update': {
    name: lines({ 'There is no official image "debian:99"': ['debian:99'] }),
    '--file': outputFile('--file'),
    '--json': flag('--json'),
    '--dry-run': flag('--dry-run'),
  },
  'images rm': removals('image'),
  'cache ls': { '--json': flag('--json') },
  'cache prune': {
    '--older-than': values(
      '--older-than',
      ['', '-1', 'd', '1y', 'soon', '1.5.5', '9'.repeat(400)],
      'It must be a number of days',
    ),
    '--dry-run': flag('--dry-run'),
  },
  'cache rm': removals('name'),
  'cache verify': {},
  bench: {
    '--image': imagesIn((name) => ['--image', name]),
    '--clones': values(
      '--clones',
      ['', '0', '-1', '1.5', 'abc', '10001', '9'.repeat(400)],
      'from 1 to 10000',
    ),
    '--only': values('--only', ['', 'nothing-such', 'clone,', 'clone,flor', 'Clone'], 'there are coldBoot'),
    '--json': outputFile('--json'),
  },
  doctor: { '--fix': flag('--fix'), '--json': flag('--json') },
}

/** All commands that do something, by their names. */
function actions(command: Command, name: readonly string[] = []): readonly (readonly [string, Command])[] {
  if (command.commands.length === 0) return [[name.join(' '), command]]
  return command.commands.flatMap((each) => actions(each, [...name, each.name()]))
}

/** The command line as it is built, since what "fledge bench" is told of is built after it. */
async function everyAction(): Promise<ReadonlyMap<string, Command>> {
  const built = new URL('../../dist/cli/program.js', import.meta.url).href
  const { createProgram } = (await import(built)) as typeof import('../../src/cli/program.ts')
  return new Map(actions(await createProgram(undefined)))
}

test('every option and argument of every command is in the table', async () => {
  const known = [...(await everyAction())].map(([name, { options, registeredArguments }]) => [
    name,
    [...registeredArguments.map((each) => each.name()), ...options.map(({ long }) => `${long}`)].toSorted(),
  ])
  // The program does not know of --config: it is read from among Playwright's options.
  const tried = Object.entries(wrong).map(([name, options]) => [
    name,
    Object.keys(options)
      .filter((option) => `${name} ${option}` !== 'test --config')
      .toSorted(),
  ])
  expect(Object.fromEntries(tried)).toEqual(Object.fromEntries(known))
})

test('every option with a value is tried with an empty one', async () => {
  const untried = [...(await everyAction())].flatMap(([name, { options }]) =>
    options
      .filter(({ required }) => required)
      .filter(
        ({ long }) => !wrong[name]?.[long ?? '']?.some(({ args }) => args[0] === long && args[1] === ''),
      )
      .map(({ long }) => `${name} ${long}`),
  )
  expect(untried).toEqual([])
})

test.beforeEach(async ({ folder }) => {
  await writeFile(join(folder, 'file'), '')
  await mkdir(join(folder, 'folder'))
})

/** Runs the command line in a folder with a file and a folder; an image that it began to build would fail at once. */
function attempt(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Run> {
  return fledge(args, { cwd: folder, env: { FLEDGE_MIRROR: 'http://127.0.0.1:9/debian', ...env } })
}

for (const [command, options] of Object.entries(wrong)) {
  for (const [option, tries] of Object.entries(options)) {
    test(`fledge ${command} refuses a wrong ${option} before it starts anything`, async ({
      folder,
      cache,
    }) => {
      expect(tries).not.toEqual([])
      for (const { args, says } of tries) {
        const line = [
          ...command.split(' '),
          ...args,
          ...(option.startsWith('-') ? (rest[command] ?? []) : []),
        ]
        await test.step(JSON.stringify(args), async () => {
          const { code, stdout, stderr } = await attempt(folder, line)
          for (const each of says) expect.soft(stderr).toContain(each)
          expect.soft(stderr).toMatch(/^fledge: [A-Z"][^\n]*(\n {2}[^\n]*)?\n$/)
          expect.soft({ code, stdout: stdout.toString() }).toEqual({ code: 2, stdout: '' })
        })
      }
      expect(existsSync(cache)).toBe(false)
      expect((await readdir(folder)).toSorted()).toEqual(['file', 'folder'])
    })
  }
}

test('fledge test prepares no machine for a test that has a wrong evidence or network', async ({ cache }) => {
  await using project = await testProject({
    'evidence.spec.ts': `
import { test } from 'fledge/test'
test.use({ evidence: 'sometimes' })
test('one', async ({ vm }) => void vm)
`,
    'network.spec.ts': `
import { test } from 'fledge/test'
test.use({ network: 'nat' })
test('two', async ({ vm }) => void vm)
`,
  })
  const { exitCode, output } = await project.run()
  expect(output).toContain(
    'Cannot use evidence "sometimes" of test.use: it must be "on-failure" or "always" or "never"',
  )
  expect(output).toContain('Cannot use network "nat" of test.use: it must be "none" or "user"')
  expect(exitCode).toBe(1)
  expect(existsSync(cache)).toBe(false)
})

test('fledge test refuses a TMPDIR that cannot be used, which Playwright makes or fails by', async ({
  folder,
}) => {
  for (const place of ['none', 'file', 'none/deeper']) {
    const path = join(folder, place)
    const { code, stderr } = await attempt(folder, ['test'], { TMPDIR: path })
    expect.soft(stderr).toContain(`Cannot put temporary files into "${path}"`)
    expect.soft(code).toBe(2)
  }
  expect((await readdir(folder)).toSorted()).toEqual(['file', 'folder'])
  const { code, stderr } = await attempt(folder, ['test'], { TMPDIR: '/proc' })
  expect.soft(stderr).toContain('Cannot put temporary files into "/proc"')
  expect.soft(code).toBe(2)
})

checkLeaks()
