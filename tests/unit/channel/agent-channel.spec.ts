import { connect, createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getEventListeners } from 'node:events'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { AgentChannel } from '../../../src/channel/agent-channel.ts'
import { FrameDecoder } from '../../../src/channel/frame-decoder.ts'
import { encodeHeader, type Frame } from '../../../src/channel/frame.ts'
import { GuestError } from '../../../src/errors.ts'

/** A host's port and the guest's end of it, which the test plays. */
async function pair(): Promise<{ channel: AgentChannel; guest: Socket; next: () => Promise<Frame> }> {
  const folder = await mkdtemp(join(tmpdir(), 'fledge-channel-'))
  const server = createServer()
  server.listen(join(folder, 'port'))
  const host = connect(join(folder, 'port'))
  const [guest] = (await once(server, 'connection')) as [Socket]
  server.close()
  await rm(folder, { recursive: true })
  const decoder = new FrameDecoder()
  const frames: Frame[] = []
  let wake: (() => void) | undefined
  guest.on('data', (bytes) => {
    frames.push(...decoder.push(bytes))
    wake?.()
  })
  guest.on('error', () => {})
  const next = async (): Promise<Frame> => {
    while (frames.length === 0) await new Promise<void>((resolve) => (wake = resolve))
    return frames.shift() as Frame
  }
  return { channel: new AgentChannel(host), guest, next }
}

function frame(type: number, id: number, payload: Buffer): Buffer {
  return Buffer.concat([encodeHeader(type, id, payload.length), payload])
}

function helloReply({ id, payload }: Frame, more = 0): Buffer {
  const body = Buffer.alloc(56 + more)
  payload.copy(body, 0, 0, 16)
  body.fill(0xab, 16, 48)
  body.writeUInt32LE(3, 48)
  body.writeUInt32LE(1000, 52)
  return frame(0x81, id, body)
}

const done = (id: number): Buffer => frame(0x80, id, Buffer.alloc(8))

test('hello passes over what belongs to another host, byte by byte', async () => {
  const { channel, guest, next } = await pair()
  const hello = channel.hello(Buffer.alloc(16, 1))
  const request = await next()
  const reply = helloReply(request, 4)
  const old = Buffer.from(reply)
  old.fill(0x11, 12, 28)
  for (const byte of Buffer.concat([
    Buffer.from('\xed\xf1\x01half', 'latin1'),
    old,
    reply.subarray(0, 20),
    reply,
  ])) {
    guest.write(Buffer.of(byte))
  }
  expect(await hello).toEqual({
    memoryNonce: 'ab'.repeat(16),
    identity: 'abababab-abab-abab-abab-abababababab',
    features: { cgroups: true, bash: true },
  })
  channel.close()
})

test('requests are written at once, in order', async () => {
  const { channel, guest, next } = await pair()
  const all = [
    channel.hello(Buffer.alloc(16)),
    channel.setClock(1_500),
    channel.setHostname('a'),
    channel.reseed(Buffer.alloc(4)),
  ]
  const seen = [await next(), await next(), await next(), await next()]
  expect(seen.map(({ type }) => type)).toEqual([1, 3, 5, 4])
  expect(seen[1]?.payload.toString('hex')).toBe('01000000000000000065cd1d')
  guest.write(Buffer.concat([helloReply(seen[0] as Frame), ...seen.slice(1).map(({ id }) => done(id))]))
  await Promise.all(all)
  channel.close()
})

test('fail ends every promise and stream at once, and hello begins anew', async () => {
  const { channel, guest, next } = await pair()
  const hello = channel.hello(Buffer.alloc(16))
  guest.write(helloReply(await next()))
  await hello
  const starting = channel.exec({ argv: ['x'] })
  const { id } = await next()
  guest.write(frame(0x90, id, Buffer.of(9, 0, 0, 0)))
  const call = await starting
  const ping = channel.ping()
  const error = new GuestError('ERR_FLEDGE_MACHINE_DIED', 'The machine died')
  channel.fail(error)
  await expect(call.exited).rejects.toBe(error)
  await expect(ping).rejects.toBe(error)
  await expect(call.stdout.toArray()).rejects.toBe(error)
  await expect(channel.ping()).rejects.toBe(error)
  await next()
  const again = channel.hello(Buffer.alloc(16))
  guest.write(helloReply(await next()))
  await again
  channel.close()
})

test('garbage and a closed port fail what is pending', async () => {
  for (const [end, code] of [
    [(guest: Socket) => guest.write('this is no frame'), 'ERR_FLEDGE_PROTOCOL'],
    [(guest: Socket) => guest.end(), 'ERR_FLEDGE_AGENT_LOST'],
  ] as const) {
    const { channel, guest, next } = await pair()
    const hello = channel.hello(Buffer.alloc(16))
    guest.write(helloReply(await next()))
    await hello
    const ping = channel.ping()
    end(guest)
    await expect(ping).rejects.toMatchObject({ code })
    channel.close()
  }
})

test('a long-lived signal keeps no listener of calls that ended', async () => {
  const { channel, guest, next } = await pair()
  const { signal } = new AbortController()
  const hello = channel.hello(Buffer.alloc(16), { signal })
  guest.write(helloReply(await next()))
  await hello
  const starting = channel.exec({ argv: ['x'] }, { signal })
  const { id } = await next()
  guest.write(Buffer.concat([frame(0x90, id, Buffer.of(9, 0, 0, 0)), frame(0x93, id, Buffer.alloc(8))]))
  await (
    await starting
  ).exited
  const ping = channel.ping({ signal })
  guest.write(frame(0x82, (await next()).id, Buffer.alloc(0)))
  await ping
  expect(getEventListeners(signal, 'abort')).toEqual([])
  channel.close()
})

test('exec refuses what cannot be sent', async () => {
  const { channel } = await pair()
  void channel.hello(Buffer.alloc(16)).catch(() => {})
  await expect(channel.exec({ argv: [] })).rejects.toMatchObject({ code: 'ERR_FLEDGE_OPTION' })
  await expect(channel.exec({ argv: ['a\0b'] })).rejects.toThrow('NUL')
  await expect(channel.exec({ argv: ['a'], env: { 'A=B': '' } })).rejects.toThrow('not a name')
  await expect(channel.exec({ argv: ['x'.repeat(1_048_576)] })).rejects.toThrow('at most')
  channel.close()
})

checkLeaks()
