// Runs the example as its users do, and says whether anything had to be built for it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'

import { listCache } from '../dist/index.js'

const templates = async () => {
  const entries = await listCache()
  return new Map(
    entries.filter(({ kind }) => kind === 'template').map((each) => [each.folder, each.made.getTime()]),
  )
}

const before = await templates()
const start = performance.now()
const command = ['npx', '--no-install', 'fledge', 'test', 'examples/hello-package']
console.log(command.join(' '))
const child = spawn(command[0], command.slice(1), { stdio: 'inherit' })
const interrupted = () => {}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, interrupted)
const [code] = await once(child, 'exit')
const seconds = Math.round((performance.now() - start) / 1000)
const made = [...(await templates())].filter(([folder, time]) => before.get(folder) !== time)

if (code === 0 && made.length === 0) {
  console.log(
    `\nAll machines were clones of templates from before: nothing was built or booted. It took ${seconds} s.`,
  )
} else if (code === 0) {
  console.log(
    `\nThat took ${seconds} s, most of it to build and boot images once. Run it again: it takes seconds.`,
  )
}
process.exitCode = code ?? 1
