// Builds dist/: types by the compiler; code in few files by esbuild, since every process would open each of the many one by one.
import { execFileSync } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { build } from 'esbuild'

import { verbTable } from './verb-table.mjs'

const dist = join(import.meta.dirname, '../dist')
const tsc = (...args) => execFileSync('tsc', args, { stdio: 'inherit', shell: false })

// The agent's is made by its own Makefile.
for (const name of readdirSync(dist)) {
  if (name !== 'agent') rmSync(join(dist, name), { recursive: true })
}
tsc('-p', 'tsconfig.build.json', '--emitDeclarationOnly')
await build({
  entryPoints: [
    'src/index.ts',
    'src/test/index.ts',
    'src/test/command-config.ts',
    'src/test/stability-reporter.ts',
    'src/test/prompt-reporter.ts',
    'src/sandbox/verdict/quiet-reporter.ts',
    'src/sandbox/list-reporter.ts',
    'src/sandbox/absence-reporter.ts',
    'src/cli/main.ts',
    // A process of its own.
    'src/serve/owner-process.ts',
    // For the test that holds all options to a table.
    'src/cli/program.ts',
  ],
  outdir: dist,
  outbase: 'src',
  // As deep as every module of src is, as some look for files beside them.
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
})
// A file of its own, which is read only by those who need it.
const catalog = await build({
  entryPoints: ['src/image/catalog/built-in.ts'],
  write: false,
  bundle: true,
  format: 'esm',
  platform: 'node',
})
const { builtInEntries } = await import(
  `data:text/javascript,${encodeURIComponent(catalog.outputFiles[0].text)}`
)
const entries = builtInEntries()
writeFileSync(join(dist, 'catalog.json'), JSON.stringify(entries))
// For editors of files with builds; there can be builds of no other images.
const schema = JSON.parse(readFileSync('src/image/catalog/catalog.schema.json', 'utf8'))
const { additionalProperties: image } = schema
for (const { name } of entries) schema.properties[name] = image
schema.additionalProperties = false
writeFileSync(join(dist, 'catalog.schema.json'), `${JSON.stringify(schema, null, 2)}\n`)
// What a prompt says of verbs.
writeFileSync(join(dist, 'verbs.json'), JSON.stringify(verbTable('src/machine')))
// The page of a test's timeline is one file, into which the tests put what it shows.
const page = await build({
  entryPoints: ['web/timeline/main.ts', 'web/timeline/page.css'],
  outdir: dist,
  write: false,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
})
const parts = Object.fromEntries(
  page.outputFiles.map(({ path, text }) => [path.endsWith('.css') ? '/*STYLE*/' : '/*SCRIPT*/', text.trim()]),
)
const frame = readFileSync('web/timeline/page.html', 'utf8')
writeFileSync(
  join(dist, 'timeline.html'),
  frame.replaceAll(/\/\*(?:STYLE|SCRIPT)\*\//g, (place) => parts[place]),
)
// Nothing but the bench's own code is in there, as it measures what users have.
tsc('-p', 'tsconfig.bench.json')
chmodSync(join(dist, 'cli/main.js'), 0o755)
