import { resolve } from 'node:path'

import * as v from 'valibot'

import type { RemoteOwner } from '../owner/remote/remote-owner.ts'
import { defined } from '../util/defined.ts'
import type { Disk } from './hardware.ts'
import type { LaunchOptions } from './launch-options.ts'
import type { Prepared } from './launch.ts'
import type { Machine } from './machine.ts'
import { remoteMachine } from './remote-machine.ts'

const prepared: v.GenericSchema<unknown, Prepared> = v.object({
  image: v.string(),
  accelerator: v.picklist(['kvm', 'tcg']),
  timeFactor: v.number(),
  reused: v.exactOptional(v.boolean()),
  bootMs: v.exactOptional(v.object({ agent: v.number(), idle: v.number() })),
})

/** Launches a machine in the process that holds machines. */
export async function launchRemotely(
  owner: RemoteOwner,
  image: string,
  options: LaunchOptions,
): Promise<Machine> {
  const { hooks, signal, keep = false } = options
  const asked = { keep, file: process.env['FLEDGE_TEST_FILE'], signal }
  const machine = await owner.launch(ownPath(image), absolute(options), asked)
  try {
    return await remoteMachine(owner, machine, { hooks, runsOn: keep && !process.env['FLEDGE_OWNER'] })
  } catch (error) {
    // Nobody could ask it, and one that is to be kept would run on.
    await owner.end(machine.id, 'kill')
    throw error
  }
}

/** Has the template made by the process that holds machines. */
export async function prepareRemotely(
  owner: RemoteOwner,
  image: string,
  options: LaunchOptions,
): Promise<Prepared> {
  const made = await owner.prepare(ownPath(image), absolute(options), options.signal)
  return v.parse(prepared, made)
}

/** The same options with absolute paths, and without what does not go over a socket. */
export function absolute(options: LaunchOptions): LaunchOptions {
  const { shares, disks, cdrom, boot, keepState } = options
  return defined({
    ...options,
    ...{ hooks: undefined, signal: undefined, keep: undefined },
    shares:
      shares &&
      mapValues(shares, (share) =>
        typeof share === 'string' ? resolve(share) : { ...share, source: resolve(share.source) },
      ),
    disks:
      disks &&
      mapValues(disks, (disk: string | Disk) =>
        typeof disk === 'string'
          ? resolve(disk)
          : { ...disk, ...(disk.path === undefined ? {} : { path: resolve(disk.path) }) },
      ),
    cdrom: at(cdrom),
    boot: boot && defined({ ...boot, kernel: at(boot.kernel), initrd: at(boot.initrd) }),
    keepState: at(keepState),
  })
}

/** An image of one's own, by a path that means the same everywhere. */
export function ownPath(image: string): string {
  return /^\.{0,2}\//.test(image) ? resolve(image) : image
}

function at(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(path)
}

function mapValues<T>(of: Readonly<Record<string, T>>, change: (value: T) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(of).map(([key, value]) => [key, change(value)]))
}
