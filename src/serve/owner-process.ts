import { Owner } from './owner.ts'

const [, , path] = process.argv
if (path === undefined) throw new TypeError('The path of a socket is missing')

const owner = await Owner.listen(path)
process.send?.('listening')
const asked = new Promise<void>((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => resolve())
})
await Promise.race([owner.idle, asked])
await owner.close()
process.exit(0)
