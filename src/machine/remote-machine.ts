import { noChannel } from '../channel/no-channel.ts'
import { EnvironmentError } from '../errors.ts'
import type { MachineDescription } from '../owner/remote/machine-description.ts'
import type { RemoteOwner } from '../owner/remote/remote-owner.ts'
import { RemoteQemu } from '../owner/remote/remote-qemu.ts'
import { OwnedMachine } from '../owner/owned-machine.ts'
import { Machine } from './machine.ts'
import type { PowerSupply } from './power.ts'
import type { MachineHooks } from './verb.ts'

/**
 * A machine that another process holds, to be asked from here. Its `stop` ends it there.
 *
 * @param options `runsOn`: whether it outlives this process, by which it is asked over a connection of its own
 */
export async function remoteMachine(
  owner: RemoteOwner,
  description: MachineDescription,
  { hooks = {}, runsOn }: { readonly hooks?: MachineHooks | undefined; readonly runsOn: boolean },
): Promise<Machine> {
  const { id, name, image, accelerator, identity, mac, channel, sharesToReturn } = description
  if (channel === 'ssh') {
    throw new EnvironmentError(
      'ERR_FLEDGE_OWNER',
      `Cannot ask "${name}" from another process than the one that holds it: it is asked over SSH`,
      { machine: name, hint: 'Use an image whose guests run the agent' },
    )
  }
  const owned = await linkTo(owner, description)
  return new Machine(owned, {
    ...{ image, accelerator, identity, mac, hooks },
    channel: channel === 'none' ? noChannel(name) : owned.guest,
    power: supply(owner, description, runsOn),
    shares: { areToReturn: sharesToReturn, return: (signal) => owner.syncShares(id, signal) },
  })
}

/** What the owner does for us when the machine is off, or has been. */
function supply(owner: RemoteOwner, description: MachineDescription, runsOn: boolean): PowerSupply {
  const { id, channel } = description
  return {
    hasChannel: channel !== 'none',
    diskSource: () => owner.diskSource(id),
    start: async ({ limitMs, signal }) => linkTo(owner, await owner.start(id, limitMs, signal)),
    claim: (_, signal) => owner.claim(id, signal),
    ...(runsOn ? { letGo: () => owner[Symbol.dispose]() } : {}),
    async [Symbol.asyncDispose]() {
      // With a connection that is gone, the machine is too.
      await owner.end(id, 'stop').catch(() => {})
      if (runsOn) owner[Symbol.dispose]()
    },
  }
}

async function linkTo(owner: RemoteOwner, description: MachineDescription): Promise<OwnedMachine> {
  const link = await RemoteQemu.open(owner, description)
  const owned = new OwnedMachine({ name: description.name, diskFolder: 'its overlay', link })
  await owned.qmp.connect()
  if (description.channel === 'agent') await owned.greet()
  return owned
}
