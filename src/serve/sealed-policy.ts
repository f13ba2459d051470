import { realpath } from 'node:fs/promises'
import { isAbsolute, relative } from 'node:path'

import * as v from 'valibot'

import { FledgeError } from '../errors.ts'
import type { LaunchOptions } from '../machine/launch-options.ts'
import type { SealedPolicy } from '../owner/remote/sealed-policy.ts'
import type { QmpRule } from '../qemu/qmp-relay.ts'
import { treeDigest } from '../util/tree-digest.ts'

/** Something of the host that a machine was given. */
export interface SealedSource {
  readonly path: string
  /** Of its content, hexadecimal. */
  readonly digest: string
}

/** Only what concerns the machine itself, and neither files nor sockets of the host. */
const harmless = new Set([
  ...['cont', 'stop', 'quit', 'system_reset', 'system_powerdown', 'inject-nmi', 'set_link'],
  ...['input-send-event', 'qom-list', 'qom-list-types'],
])

/** What clients of a sealed run may ask QEMU for. */
export const sealedQmp: QmpRule = (name, args) => {
  if (harmless.has(name) || /^query-[a-z-]+$/.test(name)) return undefined
  const isPointer =
    name === 'device_add' &&
    v.is(v.strictObject({ driver: v.literal('virtio-tablet-pci'), id: v.literal('pointer') }), args)
  return isPointer ? undefined : `a sealed run may not ask QEMU for "${name}"`
}

/**
 * Holds a launch to what its run may give to machines: nothing of the network, and of the host what it declared.
 *
 * @returns the options that are used, and what of the host is given
 * @throws FledgeError `ERR_FLEDGE_SEALED`
 */
export async function sealLaunch(
  policy: SealedPolicy,
  image: string,
  options: LaunchOptions,
): Promise<{ readonly options: LaunchOptions; readonly paths: readonly string[] }> {
  const shares = Object.values(options.shares ?? {})
  const disks = Object.values(options.disks ?? {})
  const { cdrom, boot, keepState } = options
  if (keepState !== undefined) throw refused('keep the disk of a machine (the option "keepState")')
  const read = [
    ...shares.map((share) => (typeof share === 'string' ? share : share.source)),
    ...disks.map((disk) => (typeof disk === 'string' ? disk : disk.path)),
    ...[cdrom, boot?.kernel, boot?.initrd],
    isAbsolute(image) ? image : undefined,
  ].filter((path) => path !== undefined)
  const written = shares.flatMap((share) =>
    typeof share !== 'string' && share.access === 'read-write' ? [share.source] : [],
  )
  const paths = await Promise.all(
    read.map((path) => allowed(path, [policy.projectFolder, ...policy.readable, ...policy.writable])),
  )
  for (const path of written) await allowed(path, policy.writable, 'written to')
  return { options: { ...options, network: 'none' }, paths: paths.filter((path) => path !== undefined) }
}

/** The real path of something that may be used; one that is not there is left to the launch, which says so. */
async function allowed(path: string, places: readonly string[], how = 'read'): Promise<string | undefined> {
  const real = await realpath(path).catch(() => undefined)
  if (real === undefined) return undefined
  const roots = await Promise.all(places.map((place) => realpath(place).catch(() => place)))
  if (roots.some((root) => isWithin(root, real))) return real
  const hint =
    how === 'read'
      ? `Declare it: use: { inputs: ['${path}'] }`
      : 'Write to the folder of results, or use the access "overlay"'
  throw refused(`have "${path}" ${how} by a machine: it is not declared`, hint)
}

function isWithin(root: string, path: string): boolean {
  const way = relative(root, path)
  return way === '' || (!isAbsolute(way) && way.split('/', 1)[0] !== '..')
}

function refused(what: string, hint?: string): FledgeError {
  return new FledgeError(
    'ERR_FLEDGE_SEALED',
    `A sealed run may not ${what}`,
    hint === undefined ? {} : { hint },
  )
}

/** The digests of what machines were given; each is made once in a run, as its inputs stay as they are. */
export class SourceDigests {
  readonly #made = new Map<string, Promise<string>>()

  async of(paths: readonly string[]): Promise<SealedSource[]> {
    return Promise.all(paths.map(async (path) => ({ path, digest: await this.#digest(path) })))
  }

  #digest(path: string): Promise<string> {
    const made = this.#made.get(path) ?? treeDigest(path)
    this.#made.set(path, made)
    return made
  }
}
