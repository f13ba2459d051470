import { pullImage } from 'fledge'

// A process of its own, with a cache of its own: it pulls one image, and prints the milliseconds that took.
const [, , source = ''] = process.argv
const start = performance.now()
await pullImage(source)
process.stdout.write(`${performance.now() - start}\n`)
