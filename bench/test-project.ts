import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A folder with tests, that fledge and the runner are installed in. */
export interface TestProject extends AsyncDisposable {
  readonly folder: string
  /** The runner's own command line. */
  readonly runner: string
}

/** Makes a project of some files; `undefined` where the runner is not installed. */
export async function testProject(files: Readonly<Record<string, string>>): Promise<TestProject | undefined> {
  const require = createRequire(import.meta.url)
  const runner = resolveOrNothing(() => dirname(require.resolve('@playwright/test/package.json')))
  if (runner === undefined) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'fledge-bench-'))
  await mkdir(join(folder, 'node_modules/@playwright'), { recursive: true })
  await symlink(fileURLToPath(new URL('../..', import.meta.url)), join(folder, 'node_modules/fledge'))
  await symlink(runner, join(folder, 'node_modules/@playwright/test'))
  for (const [name, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...files })) {
    await writeFile(join(folder, name), text)
  }
  return {
    folder,
    runner: join(runner, 'cli.js'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, maxRetries: 3 }),
  }
}

function resolveOrNothing(find: () => string): string | undefined {
  try {
    return find()
  } catch {
    return undefined
  }
}
