import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { OwnedMachine } from '../../../src/owner/owned-machine.ts'
import { test as inFolder } from '../test-in-folder.ts'

/** Makes machines whose QEMU is a shell script, with QMP on descriptor 3 and the console on 4. */
const test = inFolder.extend<{ machine: (script: string) => Promise<OwnedMachine> }>({
  machine: async ({ folder }, use) => {
    const started: OwnedMachine[] = []
    await use(async (script) => {
      await using overlay = await open(join(folder, 'overlay'), 'w+')
      const args = ['-c', script, 'sh', join(folder, 'end')]
      const owned = new OwnedMachine({
        name: 'web',
        path: '/bin/sh',
        args,
        overlay: overlay.fd,
        diskFolder: folder,
      })
      started.push(owned)
      return owned
    })
    for (const owned of started) await owned.kill()
  },
})

const event = (name: string, data: object = {}): string =>
  `echo '${JSON.stringify({ event: name, data })}' >&3\n`
/** An agent on descriptor 5 that does not hear the first hello, and answers the second. */
const lateAgent = `
  const port = new (require("node:net").Socket)({ fd: 5 })
  let heard = 0
  port.on("data", (hello) => {
    if (++heard < 2) return
    const reply = Buffer.alloc(12 + 56)
    hello.copy(reply, 0, 0, 12 + 16)
    reply[3] = 0x81
    reply[8] = 56
    port.write(reply)
  })`
const untilTold = 'until [ -e "$1" ]; do sleep 0.02; done\n'

test('a flood on the console is kept within bounds', async ({ machine }) => {
  const before = process.memoryUsage().rss
  const owned = await machine(`head -c 8M /dev/zero | tr '\\0' x >&4; echo 'the end' >&4; exec sleep 100`)
  await expect.poll(() => owned.console.text().slice(-8), { timeout: 60_000 }).toContain('the end')
  expect(owned.console.text().length).toBeLessThanOrEqual(2 ** 20)
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20)
})

for (const [what, events, message] of [
  ['by the guest', event('SHUTDOWN', { guest: true, reason: 'guest-shutdown' }), /powered itself off$/],
  ['by a signal', event('SHUTDOWN', { guest: false, reason: 'host-signal' }), /QEMU ended with exit code 7$/],
  ['without a word', '', /QEMU ended with exit code 7$/],
] as const) {
  test(`an end ${what} is told as such`, async ({ machine }) => {
    const owned = await machine(`${event('RESUME')}${events}exit 7`)
    const error = await owned.ended
    expect(error).toMatchObject({ code: 'ERR_FLEDGE_MACHINE_DIED', message: expect.stringMatching(message) })
    expect(owned.poweredOff).toBe(what === 'by the guest')
    // The guest ran: QEMU did not refuse.
    expect(error.hint).toBeUndefined()
  })
}

test('a reset ends nothing', async ({ machine, folder }) => {
  const owned = await machine(`${event('RESUME')}${event('RESET', { guest: true, reason: 'guest-reset' })}
    echo seen >&4; ${untilTold} exit 7`)
  await expect.poll(() => owned.console.text()).toContain('seen')
  expect([owned.over, owned.poweredOff, owned.standstill]).toEqual([undefined, false, undefined])
  await writeFile(join(folder, 'end'), '')
  expect((await owned.ended).message).toContain('exit code 7')
})

test('a stop is a standstill until the machine is resumed', async ({ machine, folder }) => {
  const owned = await machine(`${event('STOP')} ${untilTold} ${event('RESUME')} exec sleep 100`)
  await expect.poll(() => owned.standstill).toBe('the machine is paused')
  expect(owned.over).toBeUndefined()
  await writeFile(join(folder, 'end'), '')
  await expect.poll(() => owned.standstill).toBeUndefined()
})

for (const [status, code] of [
  ['internal-error', 'ERR_FLEDGE_ACCELERATOR'],
  ['io-error', 'ERR_FLEDGE_DISK_FULL'],
] as const) {
  test(`a stop with the status "${status}" ends the machine with ${code}`, async ({ machine }) => {
    const answer = JSON.stringify({ return: { running: false, status }, id: 1 })
    const owned = await machine(`${event('STOP')} read line <&3; echo '${answer}' >&3; exec sleep 100`)
    expect(await owned.ended).toMatchObject({ code })
  })
}

test('hello is said again when nobody has heard it', async ({ machine }) => {
  const owned = await machine(`exec "${process.execPath}" -e '${lateAgent}'`)
  expect(await owned.greet()).toMatchObject({ memoryNonce: '00'.repeat(16) })
  expect(owned.channel.inSession).toBe(true)
})

test('a QEMU that ends before the guest runs is told with what to do', async ({ machine }) => {
  const owned = await machine('echo "invalid option" >&2; exit 1')
  expect(await owned.ended).toMatchObject({
    message: expect.stringContaining('invalid option'),
    hint: expect.stringContaining('fledge doctor'),
  })
})

checkLeaks()
