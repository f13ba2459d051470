import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A folder with tests, that fledge and the runner are installed in. */
export interface TestProject extends AsyncDisposable {
  readonly folder: string
  /** The command line of fledge. */
  readonly fledge: string
  /** The runner's own command line. */
  readonly runner: string
}

/** Our own package. */
const own = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** Makes a project of some files; `undefined` where the runner is not installed. */
export async function testProject(files: Readonly<Record<string, string>>): Promise<TestProject | undefined> {
  const require = createRequire(import.meta.url)
  const runner = resolveOrNothing(() => dirname(require.resolve('@playwright/test/package.json')))
  if (runner === undefined) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'fledge-bench-'))
  const packages = join(folder, 'node_modules')
  const fledge = join(packages, 'fledge')
  await mkdir(join(packages, '@playwright'), { recursive: true })
  await symlink(runner, join(packages, '@playwright/test'))
  // As npm puts it there: the runner compiles what is not in a node_modules.
  for (const part of ['dist', 'package.json']) {
    await cp(join(own, part), join(fledge, part), { recursive: true })
  }
  await linkPackages(packages)
  for (const [name, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...files })) {
    await writeFile(join(folder, name), text)
  }
  return {
    folder,
    fledge: join(fledge, 'dist/cli/main.js'),
    runner: join(runner, 'cli.js'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, maxRetries: 3 }),
  }
}

/** What fledge needs: beside it where it is installed, and below it in its sources. */
async function linkPackages(folder: string): Promise<void> {
  const beside = dirname(own)
  const source = basename(beside) === 'node_modules' ? beside : join(own, 'node_modules')
  const there = new Set(await readdir(folder))
  for (const name of await readdir(source)) {
    if (!name.startsWith('.') && !there.has(name)) await symlink(join(source, name), join(folder, name))
  }
}

function resolveOrNothing(find: () => string): string | undefined {
  try {
    return find()
  } catch {
    return undefined
  }
}
