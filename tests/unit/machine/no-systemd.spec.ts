import { open } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import type { GuestChannel } from '../../../src/channel/guest-channel.ts'
import { Conditions } from '../../../src/machine/polling-condition.ts'
import { getUnitInfo, runJob } from '../../../src/machine/unit-info.ts'
import { systemctl, waitForUnit } from '../../../src/machine/units.ts'
import type { VerbContext } from '../../../src/machine/verb.ts'
import { OwnedMachine } from '../../../src/owner/owned-machine.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { test as inFolder } from '../test-in-folder.ts'

/** A guest of which this is all: what it is asked for, and that nothing is there. */
class BareGuest implements GuestChannel {
  readonly asked: string[] = []
  readonly inSession = true
  readonly needsNetwork = false

  async stat(path: string): Promise<undefined> {
    this.asked.push(path)
  }

  async exec(): Promise<never> {
    throw new Error('something was started')
  }

  async probe(): Promise<never> {
    throw new Error('a port was tried')
  }

  async mount(): Promise<never> {
    throw new Error('something was mounted')
  }

  async setClock(): Promise<never> {
    throw new Error('the clock was set')
  }

  async rest(): Promise<void> {}

  fail(): void {}
}

const test = inFolder.extend<{ guest: BareGuest; web: VerbContext }>({
  guest: async ({}, use) => use(new BareGuest()),
  web: async ({ folder, guest }, use) => {
    await using overlay = await open(join(folder, 'overlay'), 'w+')
    const place = { overlay: overlay.fd, diskFolder: folder }
    const owned = new OwnedMachine({
      name: 'web',
      path: '/bin/sh',
      args: ['-c', 'exec sleep 1000'],
      ...place,
    })
    await use({ owned, channel: guest, hooks: {}, conditions: new Conditions(), timeFactor: 1 })
    await owned.kill()
  },
})

for (const [verb, call] of [
  ['waitForUnit', (context: VerbContext) => waitForUnit(context, 'nginx.service', {})],
  ['getUnitInfo', (context: VerbContext) => getUnitInfo(context, 'nginx.service', {})],
  ['startJob', (context: VerbContext) => runJob(context, 'start', 'nginx.service', {})],
  ['systemctl', (context: VerbContext) => systemctl(context, 'start nginx', {})],
] as const) {
  test(`${verb}() says at once that a guest has no systemd, and what to use; it starts nothing there`, async ({
    web,
    guest,
  }) => {
    await expect(call(web)).rejects.toMatchObject({
      code: 'ERR_FLEDGE_NO_SYSTEMD',
      message: `Cannot use "${verb}": the guest has no systemd`,
      machine: 'web',
      hint: expect.stringContaining('rc-service NAME'),
    })
    expect(guest.asked).toEqual(['/run/systemd/system'])
  })
}

checkLeaks()
