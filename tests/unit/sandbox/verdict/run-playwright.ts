import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const modules = join(import.meta.dirname, '../../../../node_modules')

/** Playwright's own command line. */
export const playwright: string = join(modules, '@playwright/test/cli.js')

/** Puts files of a project into a folder, which has Playwright. */
export async function makeProject(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(folder, 'node_modules/@playwright'), { recursive: true })
  await symlink(join(modules, '@playwright/test'), join(folder, 'node_modules/@playwright/test'))
  for (const [path, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}

/** Runs the tests of a project, and gives the path of the blob report. */
export async function runToBlob(folder: string, ...args: readonly string[]): Promise<string> {
  const blob = join(folder, 'blob/report.zip')
  const { CI: _, NODE_OPTIONS: __, ...env } = process.env
  const child = spawn(process.execPath, [playwright, 'test', '--reporter', 'null,blob', ...args], {
    cwd: folder,
    stdio: 'ignore',
    env: { ...env, PLAYWRIGHT_BLOB_OUTPUT_FILE: blob },
  })
  await once(child, 'exit')
  return blob
}
