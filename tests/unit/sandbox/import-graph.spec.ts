import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'

import { expect } from '@playwright/test'

import { ImportGraph } from '../../../src/sandbox/import-graph.ts'
import { importsOf } from '../../../src/sandbox/imports-of.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { test } from '../test-in-folder.ts'

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}

/** The closure of some files, by names in the folder. */
function closure(folder: string, ...roots: readonly string[]): { files: string[]; settings: string[] } {
  const { files, settings } = new ImportGraph().closure(roots.map((root) => join(folder, root)))
  const named = (paths: readonly string[]): string[] => paths.map((path) => relative(folder, path))
  return { files: named(files), settings: named(settings).filter((path) => !path.startsWith('..')) }
}

test('importsOf() finds every way to name another file, and no types', () => {
  const text = `
import a, { type B } from './a.ts'
import type { C } from './never'
export * from './d'
export { e } from './e'
export type { F } from './never'
import g = require('./g')
import './h.json' with { type: 'json' }
const i = await import('./i')
const j = require(\`./j\`)
require.resolve('./k')
import.meta.resolve('./l')
new URL('./m', import.meta.url)
await import('./' + i)
await import(\`./\${i}\`)
// import './never'
const text = "import './never'"
type N = import('./never').N
new URL('./never', 'https://example.org')
other.require('./never')
`
  expect(importsOf('x.ts', text).toSorted((one, two) => (one.specifier < two.specifier ? -1 : 1))).toEqual([
    ...['./a.ts', './d', './e'].map((specifier) => ({ specifier, kind: 'import' })),
    { specifier: './g', kind: 'require' },
    ...['./h.json', './i'].map((specifier) => ({ specifier, kind: 'import' })),
    ...['./j', './k'].map((specifier) => ({ specifier, kind: 'require' })),
    { specifier: './l', kind: 'import' },
    { specifier: './m', kind: 'file' },
  ])
  expect(importsOf('x.ts', 'import "./a"; this does not parse')).toEqual([])
  expect(importsOf('x.tsx', 'import "./a"; const x = <p>text</p>')).toHaveLength(1)
})

test('a closure goes through circles, and ends at what is not there', async ({ folder }) => {
  await write(folder, {
    'a.ts': `import './b.js'; import './none'; import 'node:fs'; import 'fs'; import 'no-such-package'`,
    'b.ts': `import './a'; import './deep'; import './data.json'`,
    'deep/index.ts': '',
    'data.json': '{}',
    'other.ts': '',
  })
  expect(closure(folder, 'a.ts').files).toEqual(['a.ts', 'b.ts', 'data.json', 'deep/index.ts'])
})

test('packages end a closure, but for those that are linked from outside', async ({ folder }) => {
  await write(folder, {
    'app/a.js': `import 'installed'; import 'linked'; import 'linked/sub'`,
    'app/node_modules/installed/package.json': '{ "main": "main.js" }',
    'app/node_modules/installed/main.js': `import './inner.js'`,
    'packages/linked/package.json': '{ "exports": { ".": { "import": "./m.js" }, "./sub": "./s.js" } }',
    'packages/linked/m.js': `import './n.js'`,
    'packages/linked/n.js': '',
    'packages/linked/s.js': '',
  })
  await symlink('../../packages/linked', join(folder, 'app/node_modules/linked'))
  const graph = new ImportGraph().closure([join(folder, 'app/a.js')])
  expect(graph.files.map((path) => relative(folder, path))).toEqual([
    'app/a.js',
    ...['m', 'n', 's'].map((name) => `packages/linked/${name}.js`),
  ])
  expect(graph.packageFolders).toEqual([join(folder, 'app/node_modules')])
})

test('links among sources are in a closure, beside what they lead to', async ({ folder }) => {
  await write(folder, { 'a.ts': `import './link/b'`, 'real/b.ts': '' })
  await symlink('real', join(folder, 'link'))
  expect(closure(folder, 'a.ts').files).toEqual(['a.ts', 'link', 'real/b.ts'])
})

test('settings are the nearest of each source, with all that they extend', async ({ folder }) => {
  await write(folder, {
    'package.json': '{}',
    'tsconfig.json': `{
  // Comments and trailing commas are allowed.
  "extends": ["./base", "../none.json", "a-package/tsconfig.json"], "references": [{ "path": "./part" }], }`,
    'base.json': '{ "extends": "./tsconfig.json" }',
    'part/tsconfig.json': '{}',
    'a.ts': `import './sub/b'`,
    'sub/b.ts': `import './own/c'`,
    'sub/package.json': '{}',
    'sub/own/c.ts': '',
    'sub/own/tsconfig.json': '',
  })
  expect(closure(folder, 'a.ts').settings).toEqual([
    'base.json',
    'package.json',
    'part/tsconfig.json',
    'sub/own/tsconfig.json',
    'sub/package.json',
    'tsconfig.json',
  ])
})

checkLeaks()
