import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'

import { MisuseError } from '../errors.ts'
import { openOwnFile } from '../image/download/own-file.ts'
import { mostExtraDisks } from '../qemu/disk-arguments.ts'
import { virtualSize } from '../qemu/qcow2.ts'
import type { GivenDisk } from '../template/extra-disks.ts'
import type { GivenCdrom, OwnBoot, TemplateSpec } from '../template/template-key.ts'
import { checkOptions, checkValue, isSendable, text, wholeNumber } from '../util/check-options.ts'
import { recordFile } from '../util/file-record.ts'
import { findProgram } from '../util/find-program.ts'
import { missingTool } from '../util/run-tool.ts'
import { machineLimits } from './machine-limits.ts'

/** A disk besides the root disk: an empty one, or one with a file of the host on it, which is only read. */
export interface Disk {
  /** Of an empty disk, in GiB. */
  readonly sizeGiB?: number
  /** Of a qcow2 or raw disk, relative to the working directory of this process. What the guest writes goes to a layer above it. */
  readonly path?: string
}

/** What a machine starts by, instead of what its image would start. */
export interface Boot {
  /** A Linux kernel on this host. Default: the image's, where that is built from packages. */
  readonly kernel?: string
  /** Default: the image's with the image's kernel, else none. */
  readonly initrd?: string
  /** Arguments of the kernel, put behind those of the image. Default: none. */
  readonly commandLine?: string
}

/** Hardware besides the usual, as it is asked for. */
export interface HardwareOptions {
  /** Disks by their names, eight at the most; each is `/dev/disk/by-id/virtio-NAME` in the guest. Default: none. */
  readonly disks?: Readonly<Record<string, string | Disk>>
  /** The path of an ISO image in a CD drive, which is tried after the disk when the machine starts. Default: no drive. */
  readonly cdrom?: string
  /** Default: what the image starts. */
  readonly boot?: Boot
  /** A TPM 2.0, for machines that are `cold`. Default: false. */
  readonly tpm?: boolean
}

/** virtio gives a serial number that many bytes. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9-]{0,19}$/

/**
 * Checks what hardware is asked for; touches no file.
 *
 * @throws MisuseError `ERR_FLEDGE_OPTION`
 */
export function checkHardware({ disks, cdrom, boot }: HardwareOptions): void {
  if (disks !== undefined) {
    checkValue('launch', 'disks', disks, (value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? undefined
        : 'an object from name to disk',
    )
    const names = Object.keys(disks)
    if (names.length > mostExtraDisks) {
      throw wrong(
        `Cannot use ${names.length} disks: a machine has room for ${mostExtraDisks} besides its root disk`,
      )
    }
    for (const name of names) checkDisk(name, disks[name])
  }
  if (cdrom !== undefined) checkValue('launch', 'cdrom', cdrom, text)
  if (boot !== undefined) {
    checkOptions('boot', boot, {
      kernel: text,
      initrd: text,
      commandLine: (value) => (isSendable(value) ? undefined : 'a text without NUL'),
    })
  }
}

function checkDisk(name: string, given: unknown): void {
  if (!namePattern.test(name)) {
    throw wrong(`Cannot name a disk "${name}": it must be 1 to 20 letters, digits and inner hyphens`)
  }
  const what = `the disk "${name}"`
  if (typeof given === 'string') return checkValue(what, 'path', given, text)
  checkOptions(what, given, { sizeGiB: wholeNumber(...machineLimits.diskGiB), path: text })
  const { sizeGiB, path }: Disk = given as Disk
  if ((sizeGiB === undefined) === (path === undefined)) {
    throw wrong(`Cannot use ${what}: it must have a "sizeGiB" or a "path", and not both`)
  }
}

/**
 * Finds the files of hardware and what is in them.
 *
 * @throws MisuseError `ERR_FLEDGE_IMAGE_NOT_FOUND`, `ERR_FLEDGE_IMAGE_INVALID`
 */
export async function findHardware({
  disks,
  cdrom,
  boot,
  tpm = false,
}: HardwareOptions): Promise<Pick<TemplateSpec, 'disks' | 'cdrom' | 'boot' | 'tpm'>> {
  if (tpm && (await findProgram('swtpm')) === undefined) throw missingTool('swtpm')
  const found = disks && (await Promise.all(Object.entries(disks).map(findDisk)))
  const cd = cdrom === undefined ? undefined : await findCdrom(cdrom)
  return {
    ...(found && found.length > 0 ? { disks: found } : {}),
    ...(cd ? { cdrom: cd } : {}),
    ...(boot ? { boot: await findBoot(boot) } : {}),
    ...(tpm ? { tpm: true } : {}),
  }
}

async function findDisk([name, given]: readonly [string, string | Disk]): Promise<GivenDisk> {
  const { sizeGiB = 0, path }: Disk = typeof given === 'string' ? { path: given } : given
  if (path === undefined) return { name, size: sizeGiB * 2 ** 30, layers: [] }
  const { disk, format, digest } = await openOwnFile(resolve(path), path)
  return {
    ...{ name, content: digest },
    size: await virtualSize(disk, format),
    layers: [{ path: disk, format }],
  }
}

async function findCdrom(path: string): Promise<GivenCdrom> {
  const { disk, format, digest } = await openOwnFile(resolve(path), path)
  if (format === 'raw') return { path: disk, content: digest }
  throw new MisuseError('ERR_FLEDGE_IMAGE_INVALID', `Cannot use "${path}" as a CD: it is a ${format} disk`, {
    hint: 'Give an ISO image, or use it as one of "disks"',
  })
}

async function findBoot({ kernel, initrd, commandLine = '' }: Boot): Promise<OwnBoot> {
  const [ownKernel, ownInitrd] = await Promise.all([kernel, initrd].map(findStarted))
  return {
    ...(ownKernel ? { kernel: ownKernel.path } : {}),
    ...(ownInitrd ? { initrd: ownInitrd.path } : {}),
    arguments: commandLine,
    contents: [ownKernel?.digest ?? '', ownInitrd?.digest ?? ''],
  }
}

async function findStarted(given: string | undefined): Promise<{ path: string; digest: string } | undefined> {
  if (given === undefined) return undefined
  const path = resolve(given)
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile()) return { path, digest: (await recordFile(path)).digest }
  throw new MisuseError(
    'ERR_FLEDGE_IMAGE_NOT_FOUND',
    `Cannot start "${given}": ${found ? 'it is not a file' : 'there is no such file'}`,
  )
}

function wrong(message: string): MisuseError {
  return new MisuseError('ERR_FLEDGE_OPTION', message)
}
