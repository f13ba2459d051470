import { createHash } from 'node:crypto'
import { join } from 'node:path'

import * as v from 'valibot'

import { fileRecordsSchema, type FileRecords } from '../../util/file-record.ts'
import { readManifestFile } from '../../util/manifest-file.ts'
import { openRecorded } from '../../util/open-recorded.ts'
import type { CpuLevel, PreparedImage } from '../image.ts'
import { seedDigest } from './seed.ts'
import { sshSeedDigest } from './ssh-seed.ts'

/** The layer above the image that has the agent in it. */
export const layerName = 'disk.qcow2'

/** The private key that lets us into an image without the agent, which only the user may read. */
export const keyName = 'ssh-key'

/** What `manifest.json` of a prepared official image says; paths are relative to its folder. */
export interface PreparedCloudManifest {
  /** Raised when one of before can no longer be used. */
  readonly cloud: 2
  readonly name: string
  readonly key: string
  readonly imageKey: string
  /** Empty for an image without the agent. */
  readonly agentDigest: string
  readonly cpu: CpuLevel
  /** Units that were masked besides those of systemd. */
  readonly noisyUnits: readonly string[]
  /** The image, which the prepared disk is a layer above. */
  readonly origin: { readonly path: string; readonly format: 'raw' | 'qcow2' }
  readonly diskBytes: number
  /** By which firmware it was prepared, where that was not a BIOS. */
  readonly firmware?: string
  /** Of an image without the agent: the digest of its SSH server's key. */
  readonly ssh?: { readonly hostKey: string }
  readonly files: FileRecords
}

const schema: v.GenericSchema<unknown, PreparedCloudManifest> = v.object({
  cloud: v.literal(2),
  name: v.string(),
  key: v.string(),
  imageKey: v.string(),
  agentDigest: v.string(),
  cpu: v.picklist(['x86-64-v1', 'x86-64-v2', 'x86-64-v3']),
  noisyUnits: v.array(v.string()),
  origin: v.object({ path: v.string(), format: v.picklist(['raw', 'qcow2']) }),
  diskBytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  firmware: v.exactOptional(v.string()),
  ssh: v.exactOptional(v.object({ hostKey: v.string() })),
  files: fileRecordsSchema,
})

/** Raised when a prepared disk of before lacks something that is not in the seed. */
const preparation = 2

/** What a prepared image is: its image, the agent or what lets us in over SSH, and how that was put there; by which firmware, unless by a BIOS. */
export function preparedCloudKey({
  imageKey,
  agentDigest,
  noisyUnits,
  firmware,
  ssh,
}: Pick<PreparedCloudManifest, 'imageKey' | 'agentDigest' | 'noisyUnits' | 'firmware'> & {
  readonly ssh?: object
}): string {
  const seed = ssh ? sshSeedDigest({ noisyUnits }) : seedDigest({ noisyUnits })
  const parts = { preparation, imageKey, agentDigest, seed, ...(firmware === undefined ? {} : { firmware }) }
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/** The prepared image in a folder, or nothing when there is none that this version can use, or that is whole. */
export async function openPreparedCloud(folder: string): Promise<PreparedImage | undefined> {
  const manifest = await openRecorded('prepared image', folder, schema)
  return manifest && toPreparedCloud(folder, manifest)
}

/** The manifest of the prepared image in a folder, or nothing. */
export function readPreparedCloud(folder: string): Promise<PreparedCloudManifest | undefined> {
  return readManifestFile(folder, schema)
}

/** The prepared image of a manifest. */
export function toPreparedCloud(folder: string, manifest: PreparedCloudManifest): PreparedImage {
  const { name, key, cpu, origin, diskBytes, agentDigest, ssh } = manifest
  return {
    ...{ name, key, folder, cpu, diskBytes, agentDigest },
    ...(ssh ? { ssh: { ...ssh, keyFile: join(folder, keyName) } } : {}),
    disk: [
      { ...origin, path: join(folder, origin.path) },
      { path: join(folder, layerName), format: 'qcow2' },
    ],
  }
}
