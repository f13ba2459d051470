import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const modules = join(import.meta.dirname, '../../../../node_modules')

const playwright = join(modules, '@playwright/test/cli.js')

/** Puts files of a project into a folder, which has Playwright. */
export async function makeProject(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(folder, 'node_modules/@playwright'), { recursive: true })
  await symlink(join(modules, '@playwright/test'), join(folder, 'node_modules/@playwright/test'))
  for (const [path, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}

/** Runs Playwright in a folder, and gives its exit status. */
export function runIn(
  folder: string,
  more: Readonly<Record<string, string>> = {},
): (args: readonly string[]) => Promise<number> {
  return async (args) => {
    const { CI: _, NODE_OPTIONS: __, ...env } = process.env
    const child = spawn(process.execPath, [playwright, ...args], {
      cwd: folder,
      stdio: 'ignore',
      env: { ...env, ...more },
    })
    const [code] = (await once(child, 'exit')) as [number | null]
    return code ?? -1
  }
}

/** Runs the tests of a project, and gives the path of the blob report. */
export async function runToBlob(folder: string, ...args: readonly string[]): Promise<string> {
  const blob = join(folder, 'blob/report.zip')
  await runIn(folder, { PLAYWRIGHT_BLOB_OUTPUT_FILE: blob })(['test', '--reporter', 'null,blob', ...args])
  return blob
}
