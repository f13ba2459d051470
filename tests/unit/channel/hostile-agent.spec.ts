import { Duplex } from 'node:stream'

import { expect, test } from '@playwright/test'
import * as fc from 'fast-check'

import { AgentChannel } from '../../../src/channel/agent-channel.ts'
import type { Call } from '../../../src/channel/call.ts'
import { FrameDecoder } from '../../../src/channel/frame-decoder.ts'
import { encodeHeader } from '../../../src/channel/frame.ts'
import { decodeStat } from '../../../src/channel/guest-stat.ts'
import { decodeHelloReply } from '../../../src/channel/hello.ts'
import { decodeOutcome } from '../../../src/channel/refusal.ts'
import { FledgeError } from '../../../src/errors.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

// What a guest sends is not to be trusted: it is the machine under test, and its root can replace the agent.

/** A channel whose agent says what the test wants. */
interface Hostile {
  readonly channel: AgentChannel
  /** Sends bytes to the host. */
  say(bytes: Uint8Array): void
  /** What the host has asked: the ids of its requests by their types. */
  readonly asked: ReadonlyMap<number, number>
  close(): void
}

function frame(type: number, id: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat([encodeHeader(type, id, payload.length), payload])
}

function u32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  values.forEach((value, index) => bytes.writeUInt32LE(value, 4 * index))
  return bytes
}

async function hostile(): Promise<Hostile> {
  const decoder = new FrameDecoder()
  const asked = new Map<number, number>()
  let nonce: Buffer = Buffer.alloc(16)
  const port = new Duplex({
    read: () => {},
    write(bytes: Buffer, _encoding, done) {
      for (const { type, id, payload } of decoder.push(bytes)) {
        asked.set(type, id)
        if (type === 0x01) nonce = payload.subarray(0, 16)
      }
      done()
    },
  })
  const channel = new AgentChannel(port)
  const hello = channel.hello(Buffer.alloc(16))
  await new Promise((resolve) => setImmediate(resolve))
  port.push(frame(0x81, asked.get(0x01) ?? 0, Buffer.concat([nonce, Buffer.alloc(32), u32(3, 262_144)])))
  await hello
  return { channel, say: (bytes) => void port.push(bytes), asked, close: () => void port.destroy() }
}

/** All kinds of requests at once, and how each ended. */
function everything({ channel }: Hostile): Promise<readonly unknown[]> {
  return Promise.all(
    [
      channel.ping(),
      channel.setClock(0),
      channel.setHostname('a'),
      channel.mount({ source: 'a', target: '/b', type: 'c' }),
      channel.probe({ kind: 'tcp', address: '::1', port: 1 }),
      channel.stat('/'),
      channel.exec({ argv: ['cat'], stdin: true }).then(useUp),
    ].map((each) =>
      each.then(
        () => undefined,
        (error: unknown) => error,
      ),
    ),
  )
}

async function useUp(call: Call): Promise<void> {
  call.stdout.on('error', () => {}).resume()
  call.stdin?.end('input')
  await call.exited
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Bytes that pass for answers: frames of any type to any request, whole, mutated, cut, and garbage. */
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc.constantFrom(
    u32(0, 0),
    u32(2, 0),
    u32(7),
    u32(0, 0xffff_ffff),
    Buffer.alloc(36, 1),
    Buffer.alloc(56, 2),
  ),
)
const type = fc.oneof(fc.constantFrom(0x80, 0x81, 0x82, 0x83, 0x90, 0x91, 0x92, 0x93, 0x94), fc.nat(255))
const answer = fc.record({
  type,
  id: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 8 }) }, fc.nat(0xffff_ffff)),
  payload,
  /** Bytes to change, by place, and where to cut. */
  damage: fc.option(fc.record({ at: fc.nat(91), to: fc.nat(255), cut: fc.nat(91) }), { freq: 8 }),
})

function bytesOf({
  type,
  id,
  payload,
  damage,
}: typeof answer extends fc.Arbitrary<infer T> ? T : never): Buffer {
  const whole = frame(type, id, payload)
  if (damage === null) return whole
  whole[damage.at % whole.length] = damage.to
  return damage.cut % 3 === 0 ? whole.subarray(0, damage.cut % whole.length) : whole
}

test('whatever an agent says, every request ends, and by no other error than ours', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(answer, { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 }),
      async (answers, sizes) => {
        const agent = await hostile()
        const ends = everything(agent)
        const bytes = Buffer.concat(answers.map(bytesOf))
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1
          agent.say(bytes.subarray(at, at + size))
          at += size
          if (turn % 4 === 0) await settled()
        }
        await settled()
        agent.close()
        for (const error of await ends) {
          if (error === undefined) continue
          expect(error).toBeInstanceOf(FledgeError)
          expect([
            'ERR_FLEDGE_PROTOCOL',
            'ERR_FLEDGE_AGENT_LOST',
            'ERR_FLEDGE_GUEST_REQUEST',
            'ERR_FLEDGE_COMMAND_START',
          ]).toContain((error as FledgeError).code)
        }
      },
    ),
    { numRuns: 500 },
  )
})

// Ids: hello has 1, and what is asked in everything() 2 to 8, the command last.
for (const [title, said] of [
  ['a command that ends before it began', [frame(0x93, 8, Buffer.alloc(8))]],
  ['a command that begins twice', [frame(0x90, 8, u32(7)), frame(0x90, 8, u32(8))]],
  ['a command that fails to start when it runs', [frame(0x90, 8, u32(7)), frame(0x80, 8, u32(2, 0))]],
  ['a command that neither starts nor fails', [frame(0x80, 8, u32(0, 0))]],
  ['a command of process 0', [frame(0x90, 8, u32(0))]],
  ['a command that ends in an unknown way', [frame(0x90, 8, u32(7)), frame(0x93, 8, Buffer.alloc(8, 2))]],
  ['output before the begin', [frame(0x91, 8, Buffer.from('x'))]],
  ['an answer to nothing', [frame(0x80, 99, u32(0, 0))]],
  ['an answer to what has been answered', [frame(0x82, 2), frame(0x82, 2)]],
  ['the begin of a command in answer to a ping', [frame(0x90, 2, u32(7))]],
  ['a pong in answer to a question for a file', [frame(0x82, 7)]],
  ['an answer with the id 0', [frame(0x80, 0, u32(0, 0))]],
  ['a header that is none', [Buffer.from('0123456789ab')]],
  ['a payload of more than a MiB', [encodeHeader(0x91, 8, 1_048_577)]],
  ['an unknown frame', [frame(0x7f, 8)]],
] as const) {
  test(`${title} ends the session at once`, async () => {
    const agent = await hostile()
    const ends = everything(agent)
    for (const bytes of said) agent.say(bytes)
    const errors = (await ends).filter((error) => error !== undefined)
    expect(errors).not.toEqual([])
    for (const error of errors) expect(error).toMatchObject({ code: 'ERR_FLEDGE_PROTOCOL' })
    await expect(agent.channel.ping()).rejects.toMatchObject({ code: 'ERR_FLEDGE_PROTOCOL' })
    agent.close()
  })
}

test('an agent that sends more than it was granted is not kept in memory', async () => {
  const agent = await hostile()
  const starting = agent.channel.exec({ argv: ['yes'] })
  await settled()
  const id = agent.asked.get(0x10) ?? 0
  agent.say(frame(0x90, id, u32(7)))
  const call = await starting
  // Nobody reads: the window is 1 MiB.
  const piece = frame(0x91, id, Buffer.alloc(65_536))
  for (let sent = 0; sent < 16; sent++) agent.say(piece)
  await settled()
  expect(call.stdout.readableLength).toBe(1_048_576)
  expect(agent.channel.inSession).toBe(true)
  agent.say(piece)
  await expect(call.exited).rejects.toMatchObject({
    code: 'ERR_FLEDGE_PROTOCOL',
    message: expect.stringMatching(/more than it was granted/),
  })
  for (let sent = 0; sent < 64; sent++) agent.say(piece)
  await settled()
  expect(call.stdout.readableLength).toBeLessThanOrEqual(1_048_576)
  agent.close()
})

test('an agent that is granted more may send more', async () => {
  const agent = await hostile()
  const starting = agent.channel.exec({ argv: ['yes'] })
  await settled()
  const id = agent.asked.get(0x10) ?? 0
  agent.say(frame(0x90, id, u32(7)))
  const call = await starting
  let read = 0
  call.stdout.on('data', (bytes: Buffer) => (read += bytes.length))
  call.stderr.destroy()
  for (let sent = 0; sent < 100; sent++) {
    agent.say(frame(0x91, id, Buffer.alloc(65_536)))
    agent.say(frame(0x92, id, Buffer.alloc(65_536)))
    await settled()
  }
  agent.say(frame(0x93, id, Buffer.alloc(8)))
  await call.exited
  await settled()
  expect(read).toBe(100 * 65_536)
  agent.close()
})

test('what comes before the answer to a hello is not kept', async () => {
  const port = new Duplex({ read: () => {}, write: (_bytes, _encoding, done) => done() })
  const channel = new AgentChannel(port)
  const hello = channel.hello(Buffer.alloc(16))
  const before = process.memoryUsage().arrayBuffers
  for (let sent = 0; sent < 256; sent++) {
    port.push(Buffer.alloc(1 << 20, sent))
    await settled()
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(128 << 20)
  channel.close()
  await expect(hello).rejects.toMatchObject({ code: 'ERR_FLEDGE_STOPPED' })
})

test('a hello to a port that is closed fails', async () => {
  const port = new Duplex({ read: () => {}, write: (_bytes, _encoding, done) => done() })
  const channel = new AgentChannel(port)
  port.destroy()
  await settled()
  await expect(channel.hello(Buffer.alloc(16))).rejects.toMatchObject({ code: 'ERR_FLEDGE_AGENT_LOST' })
})

for (const [name, decode, size] of [
  ['decodeOutcome', decodeOutcome, 8],
  ['decodeStat', decodeStat, 32],
  ['decodeHelloReply', decodeHelloReply, 56],
] as const) {
  test(`${name}() reads any payload, or says that it cannot`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2 * size }), (bytes) => {
        const read = (): unknown => decode(Buffer.from(bytes))
        if (bytes.length < size)
          expect(read).toThrow(expect.objectContaining({ code: 'ERR_FLEDGE_PROTOCOL' }))
        else
          try {
            read()
          } catch (error) {
            expect(error).toMatchObject({ code: 'ERR_FLEDGE_PROTOCOL' })
          }
      }),
      { examples: [[new Uint8Array(size)], [new Uint8Array(size).fill(255)]] },
    )
  })
}

checkLeaks()
