import { open } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { qemuCapabilities } from '../../../src/qemu/capabilities.ts'
import { QmpClient } from '../../../src/qemu/qmp-client.ts'
import { test } from '../test-in-folder.ts'
import { program } from './fake-qemu.ts'
import { scriptedQmp } from './scripted-qmp.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

/** The dialogue of one QEMU: its greeting, what it says unasked before every answer, and its answers. */
interface Dialogue {
  readonly greeting: object
  readonly unasked: readonly object[]
  readonly answers: Readonly<Record<string, unknown>>
}

const schemaOf = (driver: object): object[] => [
  { name: 'netdev_add', 'meta-type': 'command', 'arg-type': '7' },
  { name: '7', 'meta-type': 'object', members: [{ name: 'type', type: '9' }] },
  { name: '9', 'meta-type': 'enum', ...driver },
]

/** As QEMU 7.2 talks. */
const older: Dialogue = {
  greeting: {
    QMP: {
      version: { qemu: { micro: 22, minor: 2, major: 7 }, package: 'Debian 1:7.2+dfsg-7' },
      capabilities: ['oob'],
    },
  },
  unasked: [],
  answers: {
    'query-version': { qemu: { micro: 22, minor: 2, major: 7 }, package: 'Debian 1:7.2+dfsg-7' },
    'query-machines': [
      { 'hotpluggable-cpus': true, name: 'pc-i440fx-7.2', alias: 'pc', 'is-default': true, 'cpu-max': 255 },
      { name: 'none', 'cpu-max': 1 },
    ],
    'qom-list-types': [{ name: 'virtio-blk-pci', parent: 'virtio-blk-pci-base' }],
    'query-commands': [{ name: 'cont' }, { name: 'xen-save-devices-state' }],
    'query-qmp-schema': schemaOf({ values: ['user', 'hubport'] }),
  },
}

/** As one may talk that does not exist yet: more of everything, and without what can be gone. */
const newer: Dialogue = {
  greeting: {
    QMP: {
      version: { qemu: { minor: 0, major: 12 }, vendor: { name: 'someone' } },
      capabilities: ['oob', 'binary', { name: 'batch', since: 11 }],
      session: 'b4',
    },
    notice: null,
  },
  unasked: [
    { event: 'CLOCK_LEAP' },
    { event: 'THERMAL', data: null, timestamp: { seconds: -1, microseconds: -1 } },
    { event: 'RTC_CHANGE', data: { offset: 1, more: [] }, timestamp: { ns: '17' }, origin: {} },
    { progress: 17 },
  ],
  answers: {
    'query-version': { qemu: { minor: 0, major: 12 }, commit: 'abcdef' },
    'query-machines': [
      { name: 'none' },
      { name: 'pc-i440fx-12.0', alias: 'pc', deprecated: true, shapes: {} },
    ],
    'qom-list-types': [{ name: 'virtio-blk-pci', interfaces: ['a'] }],
    'query-commands': [{ name: 'cont', since: '0.14' }],
    'query-qmp-schema': schemaOf({ members: [{ name: 'user' }], values: ['user', 'passt', 'hubport'] }),
  },
}

/** A program that holds the dialogue on its standard streams. */
async function speaker(folder: string, { greeting, unasked, answers }: Dialogue): Promise<string> {
  const talk = `
    const { greeting, unasked, answers } = ${JSON.stringify({ greeting, unasked, answers })}
    const say = (message) => process.stdout.write(JSON.stringify(message) + '\\r\\n')
    say(greeting)
    let negotiating = true
    require('node:readline').createInterface(process.stdin).on('line', (line) => {
      const { execute, id } = JSON.parse(line)
      if (negotiating !== (execute === 'qmp_capabilities'))
        return say({ error: { class: 'CommandNotFound', desc: 'Not in this mode' }, id })
      negotiating = false
      unasked.forEach(say)
      if (execute === 'qmp_capabilities') say({ return: {}, id })
      else if (execute in answers) say({ return: answers[execute], id, took: 1 })
      else say({ error: { class: 'Unheard', reason: 'x' }, id })
    })`
  return program(folder, 'qemu', talk)
}

test.beforeEach(({ cache }) => void cache)
test.afterEach(() => void delete process.env['FLEDGE_QEMU'])

for (const [dialogue, expected] of [
  [
    older,
    { version: '7.2.22', package: 'Debian 1:7.2+dfsg-7', machine: 'pc-i440fx-7.2', readonlyMemory: false },
  ],
  [newer, { version: '12.0.0', package: '', machine: 'pc-i440fx-12.0', readonlyMemory: true }],
] as const) {
  test(`a QEMU of version ${expected.version} is understood, and remembered`, async ({ folder }) => {
    process.env['FLEDGE_QEMU'] = await speaker(folder, dialogue)
    const known = await qemuCapabilities()
    expect(known).toMatchObject({ ...expected, devices: ['virtio-blk-pci'] })
    expect(known.netdevs).toEqual(expect.arrayContaining(['user', 'hubport']))
    expect(await qemuCapabilities()).toEqual(known)
    await using starts = await open(join(folder, 'starts'))
    expect((await starts.stat()).size).toBe(1)
  })
}

for (const [version, said] of [
  [{ major: 7, minor: 1, micro: 99 }, '7.1.99'],
  [{ major: 6, minor: 2 }, '6.2.0'],
  [{ major: 2, minor: 12, micro: 1 }, '2.12.1'],
] as const) {
  test(`a QEMU of version ${said} is refused as too old`, async ({ folder }) => {
    const answers = { ...older.answers, 'query-version': { qemu: version, package: '' } }
    process.env['FLEDGE_QEMU'] = await speaker(folder, { ...older, answers })
    await expect(qemuCapabilities()).rejects.toMatchObject({
      code: 'ERR_FLEDGE_QEMU',
      message: `Cannot use QEMU ${said}: fledge needs 7.2.0 or newer`,
      hint: expect.stringContaining('FLEDGE_QEMU'),
    })
  })
}

test('an error of an unknown class and without a description is told by its class', async () => {
  using server = await scriptedQmp()
  const client = new QmpClient(server.port)
  const call = client.run('cont')
  server.send({ error: { class: 'Unheard', why: 'x' }, id: (await server.next()).id })
  await expect(call).rejects.toMatchObject({ code: 'ERR_FLEDGE_QEMU', message: 'QEMU refused: Unheard' })
})

test('a QEMU that refuses to leave the negotiation is an error, and not a wait', async () => {
  using server = await scriptedQmp()
  const client = new QmpClient(server.port)
  const connecting = client.connect()
  server.send(newer.greeting)
  server.send({ error: { class: 'Unheard', desc: 'no capability "batch"' }, id: (await server.next()).id })
  await expect(connecting).rejects.toThrow('QEMU refused: no capability "batch"')
})

test('events before the greeting and between an answer and its question are told, whatever they hold', async () => {
  using server = await scriptedQmp()
  const client = new QmpClient(server.port)
  const seen: [string, unknown][] = []
  client.onEvent(({ name, data, atMs }) => seen.push([name, [data, Number.isFinite(atMs)]]))
  server.send({ event: 'EARLY' })
  const connecting = client.connect()
  await server.greet()
  await connecting
  const call = client.run('query-status')
  const { id } = await server.next()
  for (const event of newer.unasked) server.send(event)
  server.send({ return: { running: true, status: 'running' }, id })
  expect(await call).toMatchObject({ status: 'running' })
  expect(seen).toEqual([
    ['EARLY', [{}, true]],
    ['CLOCK_LEAP', [{}, true]],
    ['THERMAL', [{}, true]],
    ['RTC_CHANGE', [{ offset: 1, more: [] }, true]],
  ])
})

checkLeaks()
