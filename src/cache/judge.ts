import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'

import { findAgentFiles } from '../image/agent-files.ts'
import type { DownloadManifest } from '../image/download/download-manifest.ts'
import type { ImageManifest } from '../image/image-manifest.ts'
import type { PreparedImage } from '../image/image.ts'
import { digestOfAgent } from '../image/prepare-image.ts'
import { recipeDigest } from '../image/recipe/recipe.ts'
import type { ReadPrepared } from '../image/read-prepared.ts'
import { qemuCapabilities, type QemuCapabilities } from '../qemu/capabilities.ts'
import type { Manifest } from '../template/manifest.ts'
import { templateKey } from '../template/template-key.ts'
import type { CacheEntry } from './cache-entry.ts'

/** What this fledge on this host would make now, by which what is in the cache is judged. */
export interface Present {
  /** Unknown when the agent was not built. */
  readonly agent: string | undefined
  /** Unknown when there is none that can be used. */
  readonly qemu: QemuCapabilities | undefined
}

/** Looks at the agent and the QEMU that are installed. */
export async function present(): Promise<Present> {
  const [agent, qemu] = await Promise.all([
    findAgentFiles().then(digestOfAgent, () => undefined),
    qemuCapabilities().catch(() => undefined),
  ])
  return { agent, qemu }
}

const unreadable = 'this version of fledge cannot read it'

/** Why a download is of no use any more, or nothing: another project may use a build that is not the newest. */
export function judgeDownload(manifest: DownloadManifest | undefined): string | undefined {
  return manifest ? undefined : unreadable
}

/** Why an image is of no use any more, or nothing. */
export function judgeImage(manifest: ImageManifest | undefined): string | undefined {
  if (!manifest) return unreadable
  return manifest.recipe === recipeDigest(manifest.suite)
    ? undefined
    : 'it was built by the recipe of another version of fledge'
}

/** Why a prepared image is of no use any more, or nothing. */
export async function judgePrepared(
  { agent }: Present,
  prepared: ReadPrepared | undefined,
  image: CacheEntry | undefined,
): Promise<string | undefined> {
  if (!prepared) return unreadable
  const { layer, files, image: disk } = prepared
  if (layer === undefined) {
    if (!image) return 'its image was built again, or removed'
  } else {
    // It may be the user's own, and no entry of the cache. One of the same size is read when a machine is wanted.
    const found = await stat(resolve(disk.folder, layer.origin)).catch(() => undefined)
    if (found?.size !== files[layer.origin]?.size) return 'its image was changed, or removed'
    if (layer.wantedKey !== disk.key) return 'it was prepared by another version of fledge'
  }
  if (image?.outdated !== undefined) return 'its image is outdated'
  return agent === undefined || disk.ssh || agent === disk.agentDigest
    ? undefined
    : 'it has the agent of another version of fledge'
}

/** Why a template is of no use any more, or nothing: whether its key is still the one that would be looked for. */
export function judgeTemplate(
  { qemu }: Present,
  manifest: Manifest | undefined,
  below: { readonly entry: CacheEntry; readonly prepared?: PreparedImage } | undefined,
): string | undefined {
  if (!manifest) return unreadable
  if (!below) return 'what it rests on was removed'
  if (below.entry.outdated !== undefined) return 'what it rests on is outdated'
  const image = below.prepared
  if (!qemu || !image) return undefined
  const { accelerator, cpus, memoryMiB, firmware, disks, cdrom, direct } = manifest.chassis
  const { ownBoot: boot } = manifest
  const key = templateKey({
    ...{ image, qemu, accelerator, cpus, memoryMiB, diskSize: manifest.diskSize },
    ...(firmware ? { firmware } : {}),
    ...(disks ? { disks } : {}),
    ...(cdrom === undefined ? {} : { cdrom: { content: cdrom } }),
    ...(boot ? { boot: { ...boot, ...direct, arguments: boot.arguments } } : {}),
  })
  return key === manifest.key
    ? undefined
    : 'it was frozen by another QEMU, or another version of fledge or the host'
}
