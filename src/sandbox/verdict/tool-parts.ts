import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'

import * as v from 'valibot'

import { qemuCapabilities } from '../../qemu/capabilities.ts'
import { type Part, shownPart } from './part.ts'
import { presentAccelerator } from './present-accelerator.ts'

const packageSchema = v.pipe(v.string(), v.parseJson(), v.object({ version: v.string() }))

/** The programs that tests depend on, and what the host is. */
export async function toolParts(playwright: string): Promise<readonly Part[]> {
  // Tests without machines need no QEMU.
  const qemu = await qemuCapabilities().catch(() => undefined)
  const accelerator = qemu ? await presentAccelerator(qemu) : 'none'
  return [
    await fledgePart(),
    shownPart('tool', 'QEMU', qemu ? [qemu.version, qemu.package].join(' ').trim() : 'none'),
    shownPart('tool', 'accelerator', accelerator),
    shownPart('tool', 'Node', process.version),
    shownPart('tool', 'Playwright', playwright),
    shownPart('tool', 'architecture', process.arch),
  ]
}

/** fledge itself: its version, and a digest of its code. */
async function fledgePart(): Promise<Part> {
  let root = import.meta.dirname
  while (!existsSync(join(root, 'package.json'))) root = dirname(root)
  const { version } = v.parse(packageSchema, await readFile(join(root, 'package.json'), 'utf8'))
  const code = join(root, relative(root, import.meta.dirname).split('/')[0] ?? '')
  const names = await readdir(code, { recursive: true, withFileTypes: true })
  const paths = names
    .filter((each) => each.isFile() && !each.name.endsWith('.d.ts'))
    .map((each) => join(each.parentPath, each.name))
    // Those of a working copy that are in no package.
    .filter((path) => !/\/agent\/(?:sanitize|fuzz|\.build)\//.test(path))
  const hash = createHash('sha256')
  for (const path of paths.toSorted()) {
    hash.update(`${relative(code, path)}\n`).update(await readFile(path))
  }
  return { kind: 'tool', name: 'fledge', digest: hash.digest('hex'), shown: version }
}
