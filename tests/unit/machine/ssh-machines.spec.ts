import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { SshChannel } from '../../../src/channel/ssh/ssh-channel.ts'
import { findImage } from '../../../src/machine/find-image.ts'
import { Machine } from '../../../src/machine/machine.ts'
import { OwnedMachine } from '../../../src/owner/owned-machine.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { localSshServer, type LocalSshServer } from '../channel/ssh/local-ssh-server.ts'
import { test as inFolder } from '../test-in-folder.ts'

const patience = { limitMs: 2_000 }

/** Makes a machine whose QEMU is a shell script with QMP on descriptor 3, and which has an SSH server of this host. */
const test = inFolder.extend<{ server: LocalSshServer; machine: (script: string) => Promise<Machine> }>({
  server: async ({}, use) => {
    await using server = await localSshServer()
    await use(server)
  },
  machine: async ({ folder, server }, use) => {
    const started: OwnedMachine[] = []
    await use(async (script) => {
      await using overlay = await open(join(folder, 'overlay'), 'w+')
      const place = { overlay: overlay.fd, diskFolder: folder }
      const owned = new OwnedMachine({ name: 'web', path: '/bin/sh', args: ['-c', script], ...place })
      started.push(owned)
      owned.useChannel(new SshChannel(server.access, patience))
      const facts = { image: 'none', accelerator: 'kvm', identity: 'none', mac: 'none' } as const
      return new Machine(owned, { ...facts, hooks: {}, channel: owned.guest })
    })
    for (const owned of started) await owned.kill()
  },
})

test('a guest that is reset loses what was under way, and is asked anew', async ({ machine, folder }) => {
  const told = join(folder, 'told')
  const reset = JSON.stringify({ event: 'RESET', data: { guest: true } })
  const vm = await machine(`until [ -e '${told}' ]; do sleep 0.02; done; echo '${reset}' >&3; exec sleep 100`)
  const call = await vm.spawn('sleep 2')
  const ended = call.exited.catch((error: unknown) => error)
  expect(vm.isUp()).toBe(true)
  await writeFile(told, '')
  expect(await ended).toMatchObject({ code: 'ERR_FLEDGE_SSH' })
  expect(vm.isUp()).toBe(false)
  expect((await vm.succeed('echo again')).stdout).toBe('again\n')
  expect(vm.isUp()).toBe(true)
})

test('the end of the machine fails what is asked over SSH', async ({ machine }) => {
  const vm = await machine('exec sleep 100')
  const call = await vm.spawn('sleep 2')
  const ended = call.exited.catch((error: unknown) => error)
  await vm.kill()
  expect(await ended).toMatchObject({ code: 'ERR_FLEDGE_STOPPED' })
  await expect(vm.execute('true')).rejects.toMatchObject({ code: 'ERR_FLEDGE_STOPPED' })
})

test('a machine that dies is told as the reason, though its connections are cut before', async ({
  machine,
  server,
  folder,
}) => {
  const told = join(folder, 'told')
  const vm = await machine(`until [ -e '${told}' ]; do sleep 0.02; done; exit 7`)
  const call = await vm.spawn('sleep 2')
  const ended = call.exited.catch((error: unknown) => error)
  server.cut()
  await writeFile(told, '')
  expect(await ended).toMatchObject({ code: 'ERR_FLEDGE_MACHINE_DIED' })
})

test('what SSH has no way for is refused at once, by code and with the reason', async ({ machine }) => {
  const vm = await machine('exec sleep 100')
  const wish = { type: 'datagram' } as const
  await expect(vm.waitForOpenUnixSocket('/dev/log', wish)).rejects.toMatchObject({
    code: 'ERR_FLEDGE_GUEST_REQUEST',
    message: expect.stringContaining('TCP ports and to stream sockets only'),
  })
  await expect(vm.block()).rejects.toMatchObject({
    code: 'ERR_FLEDGE_OPTION',
    message: 'Cannot block network card 0 of "web": it is asked over SSH, through that card',
  })
})

for (const [name, channel, message] of [
  ['debian:13-minimal', 'ssh', 'it is built with the agent in it'],
  ['freebsd:15.1', 'agent', 'its system cannot run the agent'],
  ['openbsd', 'agent', 'its system cannot run the agent'],
] as const) {
  test(`findImage() refuses the channel "${channel}" for "${name}" before anything is downloaded`, async () => {
    await expect(findImage(name, { packages: [], channel })).rejects.toMatchObject({
      code: 'ERR_FLEDGE_OPTION',
      message: `Cannot use the channel "${channel}" for "${name}": ${message}`,
    })
  })
}

checkLeaks()
