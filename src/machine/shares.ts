import { realpath, stat } from 'node:fs/promises'
import { posix, resolve } from 'node:path'

import type { MountRequest } from '../channel/mount-request.ts'
import { MisuseError } from '../errors.ts'
import { shareSlots, type ShareExport } from '../qemu/chassis.ts'
import { checkOptions, oneOf, text, trueOrFalse } from '../util/check-options.ts'

/** What the guest may do with a share. */
export type ShareAccess = 'read-only' | 'read-write' | 'overlay'

/** A folder of the host, to be seen in the guest. */
export interface Share {
  /** Relative to the working directory of this process. */
  readonly source: string
  /**
   * - `read-only` (default);
   * - `read-write`: the guest's changes are the host's. Owners, modes, devices and links that the guest makes are kept
   *   in extended attributes of the host's files and are not real there, so that no guest can leave a
   *   set-uid program or a link behind. Links that the host made cannot be followed (`ELOOP`);
   * - `overlay`: the guest may write, and the host sees none of it.
   */
  readonly access?: ShareAccess
  /**
   * For a `read-write` share of a guest whose kernel cannot mount it, where it is a copy: whether the guest's changes are
   * copied back, by `syncShares()`, at `shutdown()` and at the machine's end. Default: false. It changes nothing for other guests.
   */
  readonly copyBack?: boolean
}

/** Host folders by the absolute path at which the guest sees them. */
export type Shares = Readonly<Record<string, string | Share>>

/** Linux's `MS_RDONLY`, from mount.h. */
const readOnlyFlag = 1
/** The largest message that all kernels of the last ten years take. */
const transport = 'trans=virtio,version=9p2000.L,msize=512000,cache=mmap'
const stateFolder = '/var/lib/fledge/shares'

/** A share that was checked. */
export interface PlannedShare {
  /** The folder on the host, without links. */
  readonly source: string
  /** Where the guest sees it. */
  readonly target: string
  /** Where its copy is in a guest that cannot mount it. */
  readonly place: string
  readonly access: ShareAccess
  readonly copyBack: boolean
}

/** What QEMU exports and what the guest mounts for some shares, or what is copied into the guest. */
export interface PlannedShares {
  readonly exports: readonly ShareExport[]
  readonly mounts: readonly MountRequest[]
  readonly copies: readonly PlannedShare[]
}

/**
 * Checks shares and plans them.
 *
 * @param canMount whether the guest's kernel can mount them
 *
 * @throws MisuseError `ERR_FLEDGE_SHARE_SOURCE` for a source that is not a folder, `ERR_FLEDGE_SHARE_TARGET` for a target
 * that is not an absolute path or stands twice, `ERR_FLEDGE_OPTION` for more shares than a machine can have
 */
export async function planShares(shares: Shares, canMount = true): Promise<PlannedShares> {
  const entries = Object.entries(shares)
  if (entries.length > shareSlots) {
    throw new MisuseError(
      'ERR_FLEDGE_OPTION',
      `Cannot share ${entries.length} folders: a machine has room for ${shareSlots}`,
      {
        hint: 'Share a folder above some of them',
      },
    )
  }
  const copies = await Promise.all(entries.map(([target, share], index) => planShare(target, share, index)))
  checkTargets(entries.map(([target]) => target))
  if (!canMount) return { exports: [], mounts: [], copies }
  return {
    exports: copies.map(({ source, access }) => ({ source, writable: access === 'read-write' })),
    mounts: copies.flatMap(planMounts),
    copies: [],
  }
}

async function planShare(target: string, given: string | Share, index: number): Promise<PlannedShare> {
  const share = typeof given === 'string' ? { source: given } : given
  checkOptions(`the share "${target}"`, share, {
    source: text,
    access: oneOf('read-only', 'read-write', 'overlay'),
    copyBack: trueOrFalse,
  })
  const { source, access = 'read-only', copyBack = false }: Partial<Share> = share
  if (copyBack && access !== 'read-write') {
    throw new MisuseError(
      'ERR_FLEDGE_OPTION',
      `Cannot copy back the share "${target}": it is ${access}, and must be "read-write"`,
    )
  }
  return {
    source: await existingFolder(target, source),
    target: posix.resolve(target),
    place: `${stateFolder}/${index}/copy`,
    access,
    copyBack,
  }
}

function planMounts({ target, access }: PlannedShare, index: number): MountRequest[] {
  const tag = `fledge${index}`
  if (access !== 'overlay') {
    return [{ ...mount9p(tag, target), flags: access === 'read-write' ? 0 : readOnlyFlag }]
  }
  const [lower, upper, work] = ['lower', 'upper', 'work'].map(
    (name) => `${stateFolder}/${index}/${name}`,
  ) as [string, string, string]
  const data = `lowerdir=${lower},upperdir=${upper},workdir=${work}`
  return [
    { ...mount9p(tag, lower), flags: readOnlyFlag, folders: [upper, work] },
    { source: 'overlay', target, type: 'overlay', data, flags: 0 },
  ]
}

function mount9p(tag: string, target: string): MountRequest {
  return { source: tag, target, type: '9p', data: transport, flags: 0 }
}

async function existingFolder(target: string, source: string | undefined): Promise<string> {
  if (source === undefined) {
    throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot share at "${target}": the share has no source`)
  }
  const path = resolve(source)
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory()) return realpath(path)
  const why = found ? 'is not a folder' : 'does not exist'
  throw new MisuseError(
    'ERR_FLEDGE_SHARE_SOURCE',
    `Cannot share "${source}" at "${target}": "${path}" ${why}`,
    {
      hint: found ? 'Share the folder that it is in' : 'Make it first, or correct the path',
    },
  )
}

function checkTargets(targets: readonly string[]): void {
  for (const target of targets) {
    if (!posix.isAbsolute(target) || target.includes('\0')) {
      throw new MisuseError(
        'ERR_FLEDGE_SHARE_TARGET',
        `Cannot share at "${target}": it is not an absolute path`,
      )
    }
    if (posix.resolve(target) === '/') {
      throw new MisuseError('ERR_FLEDGE_SHARE_TARGET', 'Cannot share at "/": it would hide the whole guest')
    }
  }
  const places = targets.map((target) => posix.resolve(target))
  const twice = places.find((place, index) => places.indexOf(place) !== index)
  if (twice === undefined) return
  throw new MisuseError('ERR_FLEDGE_SHARE_TARGET', `Cannot share at "${twice}" twice`)
}
