import { once } from 'node:events'

import { expect, test } from '@playwright/test'
import * as fc from 'fast-check'

import {
  errorCodes,
  EnvironmentError,
  FledgeError,
  GuestError,
  MisuseError,
  type ErrorCode,
} from '../../../src/errors.ts'
import { Conversation, type Answer } from '../../../src/owner/remote/conversation.ts'
import { firstLine } from '../../../src/owner/remote/first-line.ts'
import { fromWire, toWire } from '../../../src/owner/remote/wire-error.ts'
import { deferred } from '../../../src/util/with-deadline.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { socketPair, type SocketPair } from '../../fixtures/socket-pair.ts'

const nothing: Answer = () => Promise.reject(new Error('nothing is answered here'))

function talk(
  pair: SocketPair,
  answer: Answer,
  onEvent?: (event: unknown) => void,
): [Conversation, Conversation] {
  return [new Conversation(pair.client, nothing, onEvent), new Conversation(pair.server, answer)]
}

test('requests are answered each with its own, in whatever order, with notes on the way', async () => {
  using pair = await socketPair()
  const slow = deferred<void>()
  const [client] = talk(pair, async ({ verb, given, tell }) => {
    if (verb === 'slow') await slow.promise
    tell(`at ${verb}`)
    return { verb, given }
  })
  const notes: unknown[] = []
  const options = { onNote: (note: unknown) => void notes.push(note) }
  const first = client.ask('slow', 1, options)
  expect(await client.ask('quick', { a: ['ä', null] }, options)).toEqual({
    verb: 'quick',
    given: { a: ['ä', null] },
  })
  expect(client.isWaiting).toBe(true)
  slow.resolve()
  expect(await first).toEqual({ verb: 'slow', given: 1 })
  // A time without a limit is one that never comes.
  expect(await client.ask('long', { ms: Number.POSITIVE_INFINITY })).toMatchObject({
    given: { ms: Number.MAX_SAFE_INTEGER },
  })
  expect(notes).toEqual(['at quick', 'at slow'])
  expect(client.isWaiting).toBe(false)
})

test('who gives a request up, or goes, is known to who answers it', async () => {
  using pair = await socketPair()
  const aborted: string[] = []
  const under = deferred<void>()
  const [client, server] = talk(pair, async ({ verb, signal }) => {
    if (verb === 'stays') under.resolve()
    await once(signal, 'abort')
    aborted.push(verb)
    throw new GuestError('ERR_FLEDGE_ABORTED', `${verb} was aborted`)
  })
  const giveUp = new AbortController()
  const given = client.ask('given up', undefined, { signal: giveUp.signal })
  giveUp.abort()
  await expect(given).rejects.toMatchObject({ code: 'ERR_FLEDGE_ABORTED', message: 'given up was aborted' })
  await expect(client.ask('at once', undefined, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    message: 'at once was aborted',
  })
  const lost = client.ask('stays')
  await under.promise
  client.close()
  await expect(lost).rejects.toMatchObject({ code: 'ERR_FLEDGE_OWNER' })
  await server.closed
  await expect.poll(() => aborted).toEqual(['given up', 'at once', 'stays'])
  await expect(client.ask('late')).rejects.toMatchObject({ code: 'ERR_FLEDGE_OWNER' })
})

test('events come unasked; what is no message ends the connection', async () => {
  using pair = await socketPair()
  const events: unknown[] = []
  const [client, server] = talk(pair, nothing, (event) => events.push(event))
  server.tell({ exit: 1 })
  await expect.poll(() => events).toEqual([{ exit: 1 }])
  pair.server.write('{"ask":"x"}\n')
  await client.closed
  await server.closed
})

test('an error is on the other side what it was here', () => {
  const text = fc.string({ unit: 'grapheme' })
  const details = fc.record(
    { hint: text, machine: text, command: text, lastSeen: text, consoleTail: text },
    { requiredKeys: [] },
  )
  const kinds = [FledgeError, MisuseError, EnvironmentError, GuestError]
  const codes = Object.keys(errorCodes) as ErrorCode[]
  fc.assert(
    fc.property(
      fc.constantFrom(...kinds),
      fc.constantFrom(...codes),
      text,
      details,
      (Kind, code, message, more) => {
        const error = new Kind(code, message, more)
        const back = fromWire(JSON.parse(JSON.stringify(toWire(error))) as ReturnType<typeof toWire>)
        expect(back).toBeInstanceOf(Kind)
        expect(toWire(back)).toEqual(toWire(error))
      },
    ),
  )
  expect(fromWire(toWire(new RangeError('too far')))).toMatchObject({
    name: 'RangeError',
    message: 'too far',
  })
})

test('a first line is read in whatever pieces it comes, and what follows is left', async () => {
  for (const pieces of [['{"a":1}\nrest'], ['{"a', '":1}', '\n', 'rest'], ['{"a":1}\n', 're', 'st']]) {
    using pair = await socketPair()
    const line = firstLine(pair.server)
    for (const piece of pieces) {
      pair.client.write(piece)
      await new Promise((resolve) => setImmediate(resolve))
    }
    pair.client.end()
    expect(await line).toBe('{"a":1}')
    const rest: Buffer[] = []
    for await (const bytes of pair.server) rest.push(bytes as Buffer)
    expect(Buffer.concat(rest).toString()).toBe('rest')
  }
})

test('there is no first line of who goes before its end, or sends one too long', async () => {
  using gone = await socketPair()
  gone.client.end('{"a":1}')
  expect(await firstLine(gone.server)).toBeUndefined()
  using long = await socketPair()
  long.client.write('x'.repeat(10_000))
  expect(await firstLine(long.server)).toBeUndefined()
})

checkLeaks()
