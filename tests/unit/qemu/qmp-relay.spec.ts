import { expect, test } from '@playwright/test'

import { QmpClient } from '../../../src/qemu/qmp-client.ts'
import { relayQmp } from '../../../src/qemu/qmp-relay.ts'
import type { QmpEvent } from '../../../src/qemu/qmp-types.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { socketPair } from '../../fixtures/socket-pair.ts'
import { scriptedQmp } from './scripted-qmp.ts'

test('two clients of a relay are answered what each has asked, and both hear of events', async () => {
  using qemu = await scriptedQmp()
  const own = new QmpClient(qemu.port)
  await Promise.all([own.connect(), qemu.greet()])
  using one = await socketPair()
  using two = await socketPair()
  relayQmp(own, one.server, () => undefined)
  relayQmp(own, two.server, () => undefined)
  const clients = [new QmpClient(one.client), new QmpClient(two.client)] as const
  await Promise.all(clients.map((each) => each.connect()))
  const events: QmpEvent[] = []
  const heard = Promise.all(
    clients.map(
      (each) => new Promise<void>((resolve) => each.onEvent((event) => resolve(void events.push(event)))),
    ),
  )
  const answers = Promise.all(clients.map((each) => each.run('query-status')))
  const [first, second] = [await qemu.next(), await qemu.next()]
  // Answered in the other order, with the ids that QEMU was given.
  expect(first.id).not.toBe(second.id)
  qemu.send({ return: { running: true, status: 'second' }, id: second.id })
  qemu.send({ return: { running: true, status: 'first' }, id: first.id })
  expect((await answers).map(({ status }) => status).toSorted()).toEqual(['first', 'second'])
  qemu.send({ event: 'STOP', data: { a: 1 }, timestamp: { seconds: 5, microseconds: 250_000 } })
  await heard
  expect(events).toEqual([
    { name: 'STOP', data: { a: 1 }, atMs: 5250 },
    { name: 'STOP', data: { a: 1 }, atMs: 5250 },
  ])
})

test('a relay hands on what QEMU refuses, and refuses itself what its rule does not allow', async () => {
  using qemu = await scriptedQmp()
  const own = new QmpClient(qemu.port)
  await Promise.all([own.connect(), qemu.greet()])
  using pair = await socketPair()
  relayQmp(own, pair.server, (name) => (name === 'quit' ? 'nobody may quit' : undefined))
  const client = new QmpClient(pair.client)
  await client.connect()
  await expect(client.run('quit')).rejects.toMatchObject({
    code: 'ERR_FLEDGE_QEMU',
    message: 'QEMU refused: nobody may quit',
  })
  expect(qemu.waiting).toEqual([])
  const refused = client.run('cont')
  qemu.send({ error: { class: 'GenericError', desc: 'not now' }, id: (await qemu.next()).id })
  await expect(refused).rejects.toMatchObject({ message: 'QEMU refused: not now' })
})

test('what is no request is passed over, and a line without an end closes the connection', async () => {
  using qemu = await scriptedQmp()
  const own = new QmpClient(qemu.port)
  await Promise.all([own.connect(), qemu.greet()])
  using pair = await socketPair()
  relayQmp(own, pair.server, () => undefined)
  pair.client.write('no json\n[]\n5\n{"id":99}\n')
  const client = new QmpClient(pair.client)
  await client.connect()
  const closed = new Promise((resolve) => pair.client.once('close', resolve))
  pair.client.write('x'.repeat(2 << 20))
  await closed
  expect(qemu.waiting).toEqual([])
})

checkLeaks()
