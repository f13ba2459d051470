import { Duplex } from 'node:stream'

import { expect, test } from '@playwright/test'
import * as fc from 'fast-check'

import { EnvironmentError } from '../../../src/errors.ts'
import { QmpClient } from '../../../src/qemu/qmp-client.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

// A guest may have broken into its QEMU; what that says must not take the test's process along.

/** A client, what it sends, and a QEMU that says what the test wants. */
function hostile(): {
  client: QmpClient
  sent: Buffer[]
  say: (bytes: string | Uint8Array) => void
  close: () => void
} {
  const sent: Buffer[] = []
  const port = new Duplex({
    read: () => {},
    write(bytes: Buffer, _encoding, done) {
      sent.push(bytes)
      done()
    },
  })
  const client = new QmpClient(port)
  return { client, sent, say: (bytes) => void port.push(bytes), close: () => void port.destroy() }
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const anyJson = fc.json({ maxDepth: 4 })
const near = fc.record(
  {
    QMP: fc.jsonValue(),
    id: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.jsonValue()),
    return: fc.jsonValue(),
    error: fc.oneof(fc.record({ class: fc.jsonValue(), desc: fc.jsonValue() }), fc.jsonValue()),
    event: fc.oneof(fc.constantFrom('STOP', 'SHUTDOWN', 'error', '__proto__'), fc.jsonValue()),
    data: fc.jsonValue(),
    timestamp: fc.oneof(fc.record({ seconds: fc.jsonValue(), microseconds: fc.jsonValue() }), fc.jsonValue()),
  },
  { requiredKeys: [] },
)
const line = fc.oneof(
  anyJson,
  near.map((message) => JSON.stringify(message)),
  fc.string({ unit: 'binary', maxLength: 60 }),
)

test('whatever QEMU says, every call ends, by an answer or by an error of ours', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(line, fc.uint8Array({ maxLength: 40 })), { maxLength: 8 }),
      fc.integer({ min: 1, max: 100 }),
      async (lines, size) => {
        const { client, say, close } = hostile()
        // As an owner of a machine listens.
        client.onEvent(({ name, data, atMs }) => {
          expect([typeof name, typeof data['guest'] === 'function', typeof atMs]).toEqual([
            'string',
            false,
            'number',
          ])
        })
        const calls = [
          client.connect(),
          client.run('query-status'),
          client.run('query-pci'),
          client.run('stop'),
        ]
        const ends = Promise.all(calls.map((call) => call.catch((error: unknown) => error)))
        const bytes = Buffer.concat(lines.flatMap((each) => [Buffer.from(each), Buffer.from('\n')]))
        for (let at = 0; at < bytes.length; at += size) say(bytes.subarray(at, at + size))
        await settled()
        close()
        for (const end of await ends) if (end instanceof Error) expect(end).toBeInstanceOf(EnvironmentError)
      },
    ),
    {
      numRuns: 500,
      examples: [
        [['{"event":"SHUTDOWN","data":null}'], 100],
        [['{"event":7}', '{"event":"STOP","timestamp":5}'], 100],
        [['{"error":null,"id":1}', '{"error":5,"id":1}', '[1]', '{}'], 1],
        [['['.repeat(100_000)], 5_000],
        [[Buffer.of(0xff, 0xfe, 0xc3, 0x28)], 1],
      ],
    },
  )
})

for (const said of ['{"event":7}', '[1]', '{"error":5,"id":1}', '"x"']) {
  test(`${said} is no QMP, and ends the connection`, async () => {
    const { client, say } = hostile()
    const call = client.run('query-status')
    say(`${said}\n`)
    await expect(call).rejects.toMatchObject({ code: 'ERR_FLEDGE_QEMU' })
    say('{"return":{},"id":2}\n')
    await expect(client.run('query-status')).rejects.toMatchObject({ code: 'ERR_FLEDGE_QEMU' })
  })
}

test('nothing that comes after what is no QMP is taken, in the same piece or in a later one', async () => {
  const { client, say } = hostile()
  const seen: string[] = []
  client.onEvent(({ name }) => seen.push(name))
  const call = client.run('query-status')
  say('{"event":"STOP"}\n[1]\n{"event":"SHUTDOWN"}\n{"event":"RESET"}\n{"return":{},"id":1}\n')
  await expect(call).rejects.toMatchObject({ code: 'ERR_FLEDGE_QEMU' })
  say('{"event":"RESUME"}\n')
  await settled()
  expect(seen).toEqual(['STOP'])
})

test('an event of any name is an event, and no more', async () => {
  const { client, say } = hostile()
  const names = ['error', 'event', 'newListener', '__proto__', 'toString', '']
  const seen: string[] = []
  client.onEvent(({ name }) => seen.push(name))
  for (const name of names) say(`${JSON.stringify({ event: name })}\n`)
  await settled()
  expect(seen).toEqual(names)
})

test('an answer that comes twice is taken once, and one to nobody is nothing', async () => {
  const { client, say } = hostile()
  const first = client.run('query-status')
  say('{"return":"one","id":1}\n{"return":"two","id":1}\n{"return":"three","id":3}\n')
  expect(await first).toBe('one')
  const second = client.run('query-status')
  await settled()
  say('{"return":"text","id":"2"}\n{"return":"list","id":[2]}\n{"return":"mine","id":2}\n')
  expect(await second).toBe('mine')
})

test('a line without an end fails the call, and is not kept in memory', async () => {
  const { client, say } = hostile()
  const call = client.run('query-status')
  const outcome = expect(call).rejects.toMatchObject({
    code: 'ERR_FLEDGE_QEMU',
    cause: expect.objectContaining({
      message: expect.stringMatching(/^QEMU sent a line without an end: x{200}$/),
    }),
  })
  const piece = Buffer.alloc(1 << 20, 'x')
  for (let sent = 0; sent < 40; sent++) {
    say(piece)
    await settled()
  }
  await outcome
  const before = process.memoryUsage().heapUsed
  for (let sent = 0; sent < 200; sent++) {
    say(piece)
    await settled()
  }
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 << 20)
})

test('what is sent is always one line of JSON, whatever is in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { client, sent, close } = hostile()
      const call = client.run('human-monitor-command', { 'command-line': text })
      call.catch(() => {})
      const said = Buffer.concat(sent).toString('utf8')
      expect(said.indexOf('\n')).toBe(said.length - 1)
      expect(JSON.parse(said)).toEqual({
        execute: 'human-monitor-command',
        arguments: { 'command-line': text },
        id: 1,
      })
      close()
    }),
    { examples: [['\n'], ['\r\n{"execute":"quit"}'], ['\u2028\ud800\0']] },
  )
})

checkLeaks()
