import { copyFile, open, truncate, writeFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Hello } from '../channel/hello.ts'
import { FledgeError, GuestError } from '../errors.ts'
import { OwnedMachine } from '../owner/owned-machine.ts'
import type { Accelerator } from '../qemu/accelerator.ts'
import type { ExtraDisk } from '../qemu/disk-arguments.ts'
import type { UefiFirmware } from '../qemu/firmware.ts'
import { emptyQcow2 } from '../qemu/qcow2.ts'
import { timeFactor } from '../util/time-factor.ts'
import { withDeadline } from '../util/with-deadline.ts'
import { extraDiskFile } from './extra-disks.ts'

/** What a boot makes in its folder. */
export const bootFiles = {
  /** As long as the memory is large, and all holes. */
  memory: 'unbooted',
  /** What the machine writes to its disk. */
  disk: 'disk.qcow2',
  /** Of the firmware, where that is UEFI. */
  variables: 'variables',
  console: 'boot.log',
} as const

/** A machine that is to be booted in an empty folder. */
export interface BootSpec {
  /** For messages. */
  readonly name: string
  /** The QEMU program. */
  readonly path: string
  readonly args: readonly string[]
  readonly memoryMiB: number
  /** Bytes of the disk. */
  readonly diskSize: number
  readonly firmware?: UefiFirmware | undefined
  /** Besides the root disk. */
  readonly disks?: readonly ExtraDisk[] | undefined
}

/** Makes the files of a boot, and starts QEMU on them; the guest waits for `cont`. */
export async function powerOn(spec: BootSpec, folder: string): Promise<OwnedMachine> {
  const [memory, disk, consoleFile, own] = [
    join(folder, bootFiles.memory),
    join(folder, bootFiles.disk),
    join(folder, bootFiles.console),
    join(folder, bootFiles.variables),
  ]
  await writeFile(memory, '')
  await truncate(memory, spec.memoryMiB * 2 ** 20)
  await writeFile(disk, emptyQcow2(spec.diskSize))
  await using overlay = await open(disk, 'r+')
  const { name, path, args, firmware, disks = [] } = spec
  if (firmware) await copyFile(firmware.variables, own)
  await using variables = firmware && (await open(own, 'r+'))
  const extra: FileHandle[] = []
  try {
    for (const each of disks) {
      const file = join(folder, extraDiskFile(each))
      await writeFile(file, emptyQcow2(each.size))
      extra.push(await open(file, 'r+'))
    }
    return new OwnedMachine({
      ...{ name, path, args, diskFolder: folder, consoleFile },
      overlay: overlay.fd,
      variables: variables?.fd,
      extraOverlays: extra.map(({ fd }) => fd),
    })
  } finally {
    for (const file of extra) await file.close()
  }
}

/** Lets the guest run, and waits for nothing. */
export async function letRun({ qmp }: OwnedMachine, signal?: AbortSignal): Promise<void> {
  const abort = signal === undefined ? {} : { signal }
  await qmp.connect(abort)
  await qmp.run('cont', undefined, abort)
}

/** Lets the guest run, and waits for its agent. */
export async function firstHello(machine: OwnedMachine, signal: AbortSignal): Promise<Hello> {
  await letRun(machine, signal)
  return machine.greet({ signal })
}

/** How often the console of a boot is looked at. */
const lookMs = 500
/** A kernel that panics before it has a driver for the panic device only says so on its console. */
const panicText = 'Kernel panic - not syncing'

/** What bounds a part of a boot. */
export interface BootBounds {
  /** Milliseconds under KVM. */
  readonly limitMs: number
  /** What did not happen, for the message. */
  readonly why: string
  /** What to do about it. */
  readonly hint?: string
  /** Finds on the console, again and again, why it can never happen. */
  readonly faultOf?: (console: string) => string | undefined
  /** What marks lines of the console that are told with its last ones. */
  readonly mark?: string
  readonly accelerator: Accelerator
  readonly signal?: AbortSignal | undefined
}

/**
 * Does a part of a boot; it fails when it takes too long, when the machine ends, and when its kernel panics.
 *
 * @throws GuestError `ERR_FLEDGE_BAKE` with the end of the console
 */
export async function whileBooting<T>(
  machine: OwnedMachine,
  { limitMs, why, hint, faultOf, mark, accelerator, signal }: BootBounds,
  work: (bounded: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeoutMs = limitMs * timeFactor(accelerator)
  const notBooted = (reason: string, cause: FledgeError): GuestError =>
    new GuestError('ERR_FLEDGE_BAKE', `Cannot boot "${machine.name}": ${reason}`, {
      machine: machine.name,
      consoleTail: machine.console.tail(undefined, mark),
      cause,
      ...(cause.hint === undefined ? {} : { hint: cause.hint }),
    })
  const details = hint === undefined ? {} : { hint }
  const onTimeout = (): GuestError => {
    const late = `${why} within ${Math.round(timeoutMs / 1000)} s`
    return notBooted(late, new GuestError('ERR_FLEDGE_TIMEOUT', late, details))
  }
  const end = async (): Promise<never> => {
    const cause = await machine.ended
    throw notBooted(cause.message, cause)
  }
  const fault = async (ended: AbortSignal): Promise<never> => {
    for (;;) {
      await sleep(lookMs, undefined, { signal: ended, ref: false })
      const text = machine.console.text()
      if (text.includes(panicText)) {
        const panicked = 'its kernel panicked'
        throw notBooted(panicked, new GuestError('ERR_FLEDGE_GUEST_PANIC', panicked))
      }
      const found = faultOf?.(text)
      if (found !== undefined) throw notBooted(found, new GuestError('ERR_FLEDGE_BAKE', found, details))
    }
  }
  const watch = new AbortController()
  try {
    return await withDeadline({ timeoutMs, signal, onTimeout }, (bounded) =>
      Promise.race([work(bounded), end(), fault(watch.signal)]),
    )
  } finally {
    watch.abort()
  }
}
