import { randomUUID } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import * as v from 'valibot'

import { EnvironmentError } from '../errors.ts'
import type { Chassis, DiskLayer } from '../qemu/chassis.ts'
import type { SideMemoryRun } from './side-memory.ts'

/** Raised when a template of before can no longer be read. */
export const templateFormat = 2

/** What is known of one file of a template. */
export interface FileRecord {
  readonly size: number
  readonly mtimeMs: number
  readonly ctimeMs: number
  readonly ino: number
  /** sha256 of the offsets and bytes of all pages that are not zeros. */
  readonly digest: string
}

/** `manifest.json` of a template; every path is relative to its folder. */
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
  /** The agent's random number, which stands only in the frozen memory. */
  readonly memoryNonce: string
  /** What `side-memory` holds, one run after the other. */
  readonly sideMemory: readonly SideMemoryRun[]
  /** Milliseconds of the boot: until the agent answered, and until the machine was idle. */
  readonly bootMs: { readonly agent: number; readonly idle: number }
  readonly files: Readonly<Record<string, FileRecord>>
}

const manifestSchema: v.GenericSchema<unknown, Manifest> = v.object({
  format: v.literal(templateFormat),
  key: v.string(),
  image: v.string(),
  created: v.string(),
  chassis: v.object({
    machine: v.string(),
    accelerator: v.picklist(['kvm', 'tcg']),
    cpu: v.string(),
    cpus: v.number(),
    memoryMiB: v.number(),
    kernel: v.string(),
    initrd: v.string(),
    kernelArguments: v.string(),
  }),
  disk: v.array(v.object({ path: v.string(), format: v.picklist(['raw', 'qcow2']) })),
  diskSize: v.number(),
  memoryNonce: v.string(),
  sideMemory: v.array(
    v.object({ region: v.picklist(['screen', 'firmware']), offset: v.number(), length: v.number() }),
  ),
  bootMs: v.object({ agent: v.number(), idle: v.number() }),
  files: v.record(
    v.string(),
    v.object({
      size: v.number(),
      mtimeMs: v.number(),
      ctimeMs: v.number(),
      ino: v.number(),
      digest: v.string(),
    }),
  ),
})

/** Reads the manifest of a template; `undefined` when it is missing, not of our making, or of another format. */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  const text = await readFile(join(folder, 'manifest.json'), 'utf8').catch(() => 'null')
  try {
    const parsed = v.safeParse(manifestSchema, JSON.parse(text))
    return parsed.success ? parsed.output : undefined
  } catch {
    return undefined
  }
}

/** Writes the manifest of a template, whole. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const path = join(folder, 'manifest.json')
  const partial = `${path}.${randomUUID()}.partial`
  try {
    await writeFile(partial, `${JSON.stringify(manifest, null, 2)}\n`)
    await rename(partial, path)
  } catch (cause) {
    await rm(partial, { force: true })
    throw new EnvironmentError('ERR_FLEDGE_CACHE', `Cannot write "${path}"`, {
      cause,
      hint: 'Is the cache on a full or read-only disk?',
    })
  }
}
