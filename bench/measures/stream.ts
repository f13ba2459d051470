import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'

import { launch, type Machine } from 'fledge'

import { type ExtraPort, plugPort } from '../extra-port.ts'
import type { Figures } from '../figures.ts'
import type { Subject } from '../subject.ts'
import { rate } from '../times.ts'

const bytes = 64 * 2 ** 20
const [source, target] = ['/dev/shm/source', '/dev/shm/target']
const rounds = 3

/** Sends 64 MiB out of a machine and into it, by fledge and by `dd` on a raw port of it, in turns; the best of each counts. */
export async function stream({ image, signal, update }: Subject): Promise<Pick<Figures, 'stream'>> {
  await using vm = await launch(image, { signal })
  await using port = await plugPort(vm, 'virtserialport')
  await vm.succeed(`head -c ${bytes} /dev/urandom > ${source}`)
  const digest = await digestIn(vm, source)
  // The page cache of the target is there from the first round on.
  const best = { outMBs: 0, inMBs: 0, portOutMBs: 0, portInMBs: 0 }
  const content = await outByFledge(vm, digest, (found) => (best.outMBs = found))
  for (let round = 1; round <= rounds; round++) {
    update(`round ${round} of ${rounds}`)
    const keep = (name: keyof typeof best) => (found: number) => (best[name] = Math.max(best[name], found))
    await outByFledge(vm, digest, keep('outMBs'))
    await outByPort(vm, port, digest, keep('portOutMBs'))
    await inByFledge(vm, content, digest, keep('inMBs'))
    await inByPort(vm, port, content, digest, keep('portInMBs'))
  }
  return { stream: best }
}

type Keep = (megabytesPerSecond: number) => void

async function outByFledge(vm: Machine, digest: string, keep: Keep): Promise<Buffer> {
  const start = performance.now()
  const call = await vm.spawn(['cat', source])
  call.stderr.resume()
  const content = await take(call.stdout)
  await call.exited
  keep(rate(bytes, performance.now() - start))
  check(content, digest)
  return content
}

async function outByPort(
  vm: Machine,
  { device, socket }: ExtraPort,
  digest: string,
  keep: Keep,
): Promise<void> {
  const start = performance.now()
  const written = vm.succeed(['dd', `if=${source}`, `of=${device}`, 'bs=64k'])
  const content = await take(socket)
  keep(rate(bytes, performance.now() - start))
  await written
  check(content, digest)
}

async function inByFledge(vm: Machine, content: Buffer, digest: string, keep: Keep): Promise<void> {
  const start = performance.now()
  await vm.succeed(['dd', `of=${target}`, 'bs=64k', 'iflag=fullblock'], { stdin: content })
  keep(rate(bytes, performance.now() - start))
  await demandDigest(vm, digest)
}

async function inByPort(
  vm: Machine,
  { device, socket }: ExtraPort,
  content: Buffer,
  digest: string,
  keep: Keep,
): Promise<void> {
  const start = performance.now()
  const count = bytes / 65_536
  const read = vm.succeed([
    'dd',
    `if=${device}`,
    `of=${target}`,
    'bs=64k',
    'iflag=fullblock',
    `count=${count}`,
  ])
  await give(socket, content)
  await read
  keep(rate(bytes, performance.now() - start))
  await demandDigest(vm, digest)
}

/** Takes as many bytes as were sent, and then no more. */
async function take(from: Readable): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  await new Promise<void>((resolve, reject) => {
    const end = (): void => {
      from.off('data', listen).off('end', short)
      resolve()
    }
    const short = (): void => reject(new Error(`Only ${length} of ${bytes} bytes came`))
    const listen = (part: Buffer): void => {
      parts.push(part)
      length += part.length
      if (length >= bytes) end()
    }
    from.on('data', listen).on('end', short)
  })
  return Buffer.concat(parts)
}

async function give(to: Writable, content: Buffer): Promise<void> {
  if (!to.write(content)) await once(to, 'drain')
}

function check(content: Buffer, digest: string): void {
  if (createHash('sha256').update(content).digest('hex') !== digest)
    throw new Error('Other bytes came than were sent')
}

async function demandDigest(vm: Machine, digest: string): Promise<void> {
  if ((await digestIn(vm, target)) !== digest) throw new Error('Other bytes arrived than were sent')
}

async function digestIn(vm: Machine, path: string): Promise<string> {
  return (await vm.succeed(['sha256sum', path])).stdout.slice(0, 64)
}
