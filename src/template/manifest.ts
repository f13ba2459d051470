import * as v from 'valibot'

import type { Chassis } from '../qemu/chassis.ts'
import type { DiskLayer } from '../qemu/disk-arguments.ts'
import { fileRecordsSchema, type FileRecords } from '../util/file-record.ts'
import { readManifestFile } from '../util/manifest-file.ts'
import { openRecorded } from '../util/open-recorded.ts'
import type { SideMemoryRun } from './side-memory.ts'

/** Raised when a template of before can no longer be read. */
export const templateFormat = 4

/** `manifest.json` of a template; every path but that of the firmware, which is the host's, is relative to its folder. */
export interface Manifest {
  readonly format: typeof templateFormat
  readonly key: string
  readonly image: string
  /** ISO 8601. */
  readonly created: string
  readonly chassis: Chassis
  /** From the lowest layer up. */
  readonly disk: readonly DiskLayer[]
  /** Bytes. */
  readonly diskSize: number
  /** Whether the guest's kernel can mount shares. */
  readonly mounts9p: boolean
  /** The agent's random number, or the kernel's for this boot, which stands only in the frozen memory. */
  readonly memoryNonce: string
  /** What `side-memory` holds, one run after the other. */
  readonly sideMemory: readonly SideMemoryRun[]
  /** What it was started by, where that was not the image's; the files stand in the folder. */
  readonly ownBoot?: { readonly arguments: string; readonly contents: readonly string[] }
  /** Milliseconds of the boot: until the agent answered, and until the machine was idle. */
  readonly bootMs: { readonly agent: number; readonly idle: number }
  /** Its own files, and those that it rests on. */
  readonly files: FileRecords
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

const manifestSchema: v.GenericSchema<unknown, Manifest> = v.object({
  format: v.literal(templateFormat),
  key: v.string(),
  image: v.string(),
  created: v.string(),
  chassis: v.object({
    machine: v.string(),
    accelerator: v.picklist(['kvm', 'tcg']),
    cpu: v.string(),
    cpus: count,
    memoryMiB: count,
    firmware: v.exactOptional(
      v.object({
        kind: v.picklist(['uefi', 'secure-boot']),
        code: v.string(),
        format: v.picklist(['raw', 'qcow2']),
        digest: v.string(),
      }),
    ),
    disks: v.exactOptional(
      v.array(v.object({ name: v.string(), size: count, content: v.exactOptional(v.string()) })),
    ),
    cdrom: v.exactOptional(v.string()),
    direct: v.exactOptional(
      v.object({ kernel: v.string(), initrd: v.exactOptional(v.string()), arguments: v.string() }),
    ),
  }),
  disk: v.array(v.object({ path: v.string(), format: v.picklist(['raw', 'qcow2']) })),
  diskSize: count,
  mounts9p: v.boolean(),
  memoryNonce: v.string(),
  sideMemory: v.array(v.object({ region: v.picklist(['screen', 'firmware']), offset: count, length: count })),
  ownBoot: v.exactOptional(v.object({ arguments: v.string(), contents: v.array(v.string()) })),
  bootMs: v.object({ agent: v.number(), idle: v.number() }),
  files: fileRecordsSchema,
})

/** Reads the manifest of a template; `undefined` when it is missing, not of our making, or of another format. */
export function readManifest(folder: string): Promise<Manifest | undefined> {
  return readManifestFile(folder, manifestSchema)
}

/** Reads the manifest of a template that can be used, as {@link openRecorded} has it. */
export function openManifest(folder: string): Promise<Manifest | undefined> {
  return openRecorded('template', folder, manifestSchema)
}
