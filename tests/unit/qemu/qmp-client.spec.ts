import { getEventListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Duplex } from 'node:stream'

import { expect, test } from '@playwright/test'
import * as fc from 'fast-check'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { EnvironmentError } from '../../../src/errors.ts'
import { QmpClient } from '../../../src/qemu/qmp-client.ts'
import type { QmpEvent } from '../../../src/qemu/qmp-types.ts'
import { scriptedQmp } from './scripted-qmp.ts'

const status = (name: string): object => ({ running: true, status: name })

/** A client of a QEMU that says given chunks, whatever it is asked. */
function clientOf(chunks: readonly (string | Uint8Array)[]): QmpClient {
  const port = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() })
  const client = new QmpClient(port)
  setImmediate(() => chunks.forEach((chunk) => port.push(chunk)))
  return client
}

test('connect() waits for the greeting, and then leaves the negotiation', async () => {
  using server = await scriptedQmp()
  const client = new QmpClient(server.port)
  const connecting = client.connect()
  await sleep(20)
  expect(server.waiting).toEqual([])
  server.send({ QMP: { version: { unheard: 'of' } } })
  const command = await server.next()
  expect(command).toEqual({ execute: 'qmp_capabilities', id: 1 })
  server.send({ return: {}, id: 1 })
  await connecting
})

test('run() gives every caller its own answer, in whatever order they come', async () => {
  using server = await scriptedQmp()
  const client = new QmpClient(server.port)
  const calls = [client.run('query-status'), client.run('query-status'), client.run('query-status')]
  const sent = [await server.next(), await server.next(), await server.next()]
  expect(new Set(sent.map(({ id }) => id)).size).toBe(3)
  for (const { id } of sent.toReversed()) server.send({ return: status(`answer ${id}`), id, more: 'unknown' })
  expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(sent.map(({ id }) => `answer ${id}`))
})

test('run() sends its arguments, and fails alone when QEMU refuses', async () => {
  using server = await scriptedQmp()
  const client = new QmpClient(server.port)
  const refused = client.run('screendump', { filename: '/a b' })
  const other = client.run('query-status')
  const command = await server.next()
  expect(command).toMatchObject({ execute: 'screendump', arguments: { filename: '/a b' } })
  server.send({ error: { class: 'GenericError', desc: 'no screen' }, id: command.id })
  await expect(refused).rejects.toMatchObject({ code: 'ERR_FLEDGE_QEMU', message: 'QEMU refused: no screen' })
  server.send({ return: status('running'), id: (await server.next()).id })
  expect(await other).toMatchObject({ status: 'running' })
})

test('an answer without a known id changes nothing', async () => {
  using server = await scriptedQmp()
  const client = new QmpClient(server.port)
  const call = client.run('query-status')
  const { id } = await server.next()
  server.send({ return: status('old'), id: id + 7 })
  server.send({ error: { class: 'GenericError', desc: 'JSON parse error' } })
  server.send({ return: status('mine'), id })
  expect(await call).toMatchObject({ status: 'mine' })
})

test('onEvent() passes on every event, known or not, until it is told to stop', async () => {
  using server = await scriptedQmp()
  const client = new QmpClient(server.port)
  const events: QmpEvent[] = []
  const stop = client.onEvent((event) => events.push(event))
  const call = client.run('query-status')
  server.send({ event: 'STOP', timestamp: { seconds: 12, microseconds: 345_000 } })
  server.send({ event: 'NEVER_HEARD_OF', data: { x: 1 }, timestamp: { seconds: 13, microseconds: 0 } })
  server.send({ return: status('paused'), id: (await server.next()).id })
  await call
  expect(events).toEqual([
    { name: 'STOP', data: {}, atMs: 12_345 },
    { name: 'NEVER_HEARD_OF', data: { x: 1 }, atMs: 13_000 },
  ])
  stop()
  const second = client.run('query-status')
  server.send({ event: 'RESUME' })
  server.send({ return: status('running'), id: (await server.next()).id })
  await second
  expect(events).toHaveLength(2)
})

test('run() and connect() give up when QEMU is silent, and say what to look at', async () => {
  using server = await scriptedQmp()
  const client = new QmpClient(server.port)
  const hint = expect.stringContaining('SIGSTOP')
  await expect(client.connect({ timeoutMs: 30 })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
    message: 'QEMU did not answer its greeting within 30 ms',
    hint,
  })
  const call = client.run('query-status', undefined, { timeoutMs: 30 })
  await expect(call).rejects.toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
    message: 'QEMU did not answer "query-status" within 30 ms',
    hint,
  })
  // An answer that comes too late is nobody's, and the next one is right.
  server.send({ return: status('late'), id: (await server.next()).id })
  const next = client.run('query-status')
  server.send({ return: status('next'), id: (await server.next()).id })
  expect(await next).toMatchObject({ status: 'next' })
})

test('a signal ends a call, and keeps no listener of it', async () => {
  using server = await scriptedQmp()
  const client = new QmpClient(server.port)
  const controller = new AbortController()
  const { signal } = controller
  const done = client.run('query-status', undefined, { signal })
  server.send({ return: status('running'), id: (await server.next()).id })
  await done
  expect(getEventListeners(signal, 'abort')).toEqual([])
  const cut = client.run('query-status', undefined, { signal })
  controller.abort(new Error('enough'))
  await expect(cut).rejects.toMatchObject({
    code: 'ERR_FLEDGE_ABORTED',
    cause: expect.objectContaining({ message: 'enough' }),
  })
})

test('a call that was aborted before it began sends nothing', async () => {
  using server = await scriptedQmp()
  const client = new QmpClient(server.port)
  const call = client.run('quit', undefined, { signal: AbortSignal.abort() })
  await expect(call).rejects.toMatchObject({ code: 'ERR_FLEDGE_ABORTED' })
  const next = client.run('query-status')
  expect(await server.next()).toMatchObject({ execute: 'query-status' })
  server.send({ return: status('running'), id: 2 })
  await next
})

test('a closed connection fails everything that is pending, and everything after', async () => {
  for (const end of ['end', 'destroy'] as const) {
    using server = await scriptedQmp()
    const client = new QmpClient(server.port)
    const calls = [client.connect(), client.run('query-status'), client.run('stop')]
    await server.next()
    server.qemu[end]()
    for (const call of [...calls, client.run('cont')]) {
      await expect(call).rejects.toMatchObject({
        code: 'ERR_FLEDGE_QEMU',
        message: 'QEMU closed its control connection',
      })
    }
    await expect(client.run('cont')).rejects.toMatchObject({ code: 'ERR_FLEDGE_QEMU' })
    await expect(client.connect()).rejects.toMatchObject({ code: 'ERR_FLEDGE_QEMU' })
  }
})

test('fail() gives its error to all, where the owner knows more than that the connection closed', async () => {
  using server = await scriptedQmp()
  const client = new QmpClient(server.port, { endIsTold: true })
  const call = client.run('query-status')
  await server.next()
  server.qemu.destroy()
  const first = await Promise.race([call.catch(() => 'failed'), sleep(50).then(() => 'pending')])
  expect(first).toBe('pending')
  const error = new EnvironmentError('ERR_FLEDGE_QEMU', 'QEMU was ended by SIGSEGV')
  client.fail(error)
  client.fail(new EnvironmentError('ERR_FLEDGE_QEMU', 'a second one'))
  await expect(call).rejects.toBe(error)
  await expect(client.run('stop')).rejects.toBe(error)
})

test('a line that is not QMP fails everything, and is shown', async () => {
  for (const garbage of ['qemu: oops', '{"return": {}', '17', 'null', 'x'.repeat(5_000)]) {
    using server = await scriptedQmp()
    const client = new QmpClient(server.port)
    const call = client.run('query-status')
    await server.next()
    server.qemu.write(`\n${garbage}\n`)
    const error = (await call.catch((caught: unknown) => caught)) as EnvironmentError
    expect(error).toMatchObject({ code: 'ERR_FLEDGE_QEMU' })
    const { message } = error.cause as Error
    expect(message).toContain(garbage.slice(0, 200))
    expect(message.length).toBeLessThan(300)
  }
})

test('messages may come in any chunks', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(fc.array(text, { maxLength: 5 }), fc.array(fc.nat(9)), async (texts, sizes) => {
      const messages = [
        ...texts.map((said) => ({ event: 'SAID', data: { said } })),
        { return: 'done', id: 1 },
      ]
      const bytes = Buffer.from(messages.map((each) => `${JSON.stringify(each)}\r\n`).join(''))
      const chunks: Uint8Array[] = []
      for (let at = 0; at < bytes.length; at += chunks.at(-1)?.length ?? 0) {
        chunks.push(bytes.subarray(at, at + 1 + (sizes[chunks.length % sizes.length] ?? bytes.length)))
      }
      const client = clientOf(chunks)
      const said: unknown[] = []
      client.onEvent(({ data }) => said.push(data['said']))
      expect(await client.run('query-status')).toBe('done')
      expect(said).toEqual(texts)
    }),
    { numRuns: 50 },
  )
})

test('a huge answer in small chunks takes no time to speak of', async () => {
  const answer = `${JSON.stringify({ return: 'x'.repeat(8 * 2 ** 20), id: 1 })}\n`
  const chunks = answer.match(/[^]{1,512}/g) ?? []
  const client = clientOf(chunks)
  const start = performance.now()
  expect(await client.run('human-monitor-command', { 'command-line': 'info x' })).toHaveLength(8 * 2 ** 20)
  expect(performance.now() - start).toBeLessThan(2_000)
})

checkLeaks()
