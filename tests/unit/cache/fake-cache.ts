import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

import { findAgentFiles } from '../../../src/image/agent-files.ts'
import { type DownloadManifest, downloadSchema } from '../../../src/image/download/download-manifest.ts'
import {
  keyName,
  layerName,
  type PreparedCloudManifest,
  preparedCloudKey,
} from '../../../src/image/cloud/prepared-manifest.ts'
import { imageSchema, preparedKey } from '../../../src/image/image-key.ts'
import {
  type ImageManifest,
  type PreparedManifest,
  writeImageManifest,
} from '../../../src/image/image-manifest.ts'
import { digestOfAgent } from '../../../src/image/prepare-image.ts'
import { readPrepared } from '../../../src/image/read-prepared.ts'
import { recipeDigest } from '../../../src/image/recipe/recipe.ts'
import { qemuCapabilities } from '../../../src/qemu/capabilities.ts'
import { recordFile, recordFiles } from '../../../src/util/file-record.ts'
import { writeManifestFile } from '../../../src/util/manifest-file.ts'
import { templateFormat } from '../../../src/template/manifest.ts'
import { templateKey } from '../../../src/template/template-key.ts'

/** A cache folder with entries as fledge makes them, but with next to nothing in their files. */
export interface FakeCache extends AsyncDisposable {
  readonly folder: string
  /** Adds a disk that was downloaded. */
  download(name: string): Promise<string>
  /** Adds an image; of another version of fledge when it has another recipe. */
  image(name: string, options?: { recipe?: string }): Promise<string>
  /** Adds a copy with the agent; of another version when that has another digest. */
  prepared(name: string, options?: { agent?: string }): Promise<string>
  /** Adds a layer with the agent above a disk, as official images are prepared; of another version when that has another digest. */
  layer(name: string, origin: string, options?: { agent?: string }): Promise<string>
  /** The same without an agent, for a machine that is asked over SSH. */
  sshLayer(name: string, origin: string): Promise<string>
  /** Adds a template of a prepared image; of another QEMU when that has another version. */
  template(name: string, prepared: string, options?: { qemu?: string }): Promise<string>
  /** All names in a folder of the cache, hidden ones too. */
  names(folder: string): Promise<readonly string[]>
}

const imageName = 'debian:13-minimal'
const suite = 'trixie'
const imageKey = digest('image')

/** Sets FLEDGE_CACHE to a new folder until it is disposed of. */
export async function fakeCache(): Promise<FakeCache> {
  const folder = await mkdtemp(join(tmpdir(), 'fledge-cache-'))
  const before = process.env['FLEDGE_CACHE']
  process.env['FLEDGE_CACHE'] = folder
  return {
    folder,
    download: async (name) => download(join(folder, 'downloads', name)),
    image: async (name, { recipe } = {}) => {
      const place = await disk(join(folder, 'images', name))
      await writeImageManifest(place, manifest(imageKey, recipe))
      return place
    },
    prepared: async (name, { agent } = {}) => {
      const place = await disk(join(folder, 'prepared', name))
      const agentDigest = agent ? digest(agent) : await digestOfAgent(await findAgentFiles())
      const key = preparedKey(imageKey, agentDigest)
      await writeImageManifest<PreparedManifest>(place, { ...manifest(key), imageKey, agentDigest })
      return place
    },
    layer: async (name, origin, { agent } = {}) => {
      const agentDigest = agent ? digest(agent) : await digestOfAgent(await findAgentFiles())
      return layer(join(folder, 'prepared', name), origin, { agentDigest })
    },
    sshLayer: async (name, origin) => {
      const place = join(folder, 'prepared', name)
      return layer(place, origin, { agentDigest: '', ssh: { hostKey: digest('host key') } })
    },
    template: async (name, prepared, { qemu } = {}) =>
      template(join(folder, 'templates', name), prepared, qemu),
    names: async (stage) => {
      const names: string[] = await readdir(join(folder, stage)).catch(() => [])
      return names.toSorted()
    },
    [Symbol.asyncDispose]: async () => {
      if (before === undefined) delete process.env['FLEDGE_CACHE']
      else process.env['FLEDGE_CACHE'] = before
      await rm(folder, { recursive: true })
    },
  }
}

async function disk(place: string): Promise<string> {
  await mkdir(place, { recursive: true })
  await writeFile(join(place, 'disk.raw'), 'disk')
  await truncate(join(place, 'disk.raw'), 2 ** 30)
  await writeFile(join(place, 'vmlinuz'), 'kernel')
  await writeFile(join(place, 'initrd'), 'initrd')
  await writeFile(`${place}.lock`, '')
  return place
}

async function layer(
  place: string,
  origin: string,
  kind: Pick<PreparedCloudManifest, 'agentDigest' | 'ssh'>,
): Promise<string> {
  await mkdir(place, { recursive: true })
  const own = [layerName, ...(kind.ssh ? [keyName] : [])]
  for (const name of own) await writeFile(join(place, name), name)
  await writeFile(`${place}.lock`, '')
  const path = relative(place, origin)
  await writeManifestFile(place, {
    cloud: 2,
    name: 'debian:13',
    key: preparedCloudKey({ imageKey, noisyUnits: [], ...kind }),
    ...{ imageKey, cpu: 'x86-64-v1', noisyUnits: [], diskBytes: 2 ** 30 },
    ...kind,
    origin: { path, format: 'qcow2' },
    files: await recordFiles(place, [...own, path]),
  } satisfies PreparedCloudManifest)
  return place
}

async function download(place: string): Promise<string> {
  await mkdir(place, { recursive: true })
  await writeFile(join(place, 'disk.qcow2'), 'disk')
  await writeFile(`${place}.lock`, '')
  await writeManifestFile(place, {
    schema: downloadSchema,
    name: 'debian:13',
    url: 'https://a.example/disk.qcow2',
    digest: `sha256:${digest('disk')}`,
    format: 'qcow2',
    downloadedAt: new Date().toISOString(),
    files: { 'disk.qcow2': await recordFile(join(place, 'disk.qcow2'), `sha256:${digest('disk')}`) },
  } satisfies DownloadManifest)
  return place
}

function manifest(key: string, recipe = recipeDigest(suite)): Omit<ImageManifest, 'files'> {
  return {
    schema: imageSchema,
    name: imageName,
    key,
    suite,
    sources: [],
    recipe,
    kernelArguments: 'quiet',
    cpu: 'x86-64-v1',
    packages: ['bash=1'],
    builtAt: new Date().toISOString(),
  }
}

async function template(place: string, prepared: string, version?: string): Promise<string> {
  await mkdir(place, { recursive: true })
  await writeFile(join(place, 'memory'), 'memory')
  await truncate(join(place, 'memory'), 2 ** 30)
  await writeFile(`${place}.lock`, '')
  const image = (await readPrepared(prepared))?.image
  if (!image) throw new Error(`"${prepared}" is no prepared image`)
  const real = await qemuCapabilities()
  const qemu = { ...real, version: version ?? real.version }
  const spec = { image, qemu, accelerator: 'tcg', cpus: 2, memoryMiB: 1024, diskSize: 2 ** 30 } as const
  const layers = image.disk.map((layer) => ({ ...layer, path: relative(place, layer.path) }))
  const { direct } = image
  await writeManifestFile(place, {
    format: templateFormat,
    key: templateKey(spec),
    image: image.name,
    created: new Date().toISOString(),
    chassis: {
      machine: qemu.machine,
      accelerator: 'tcg',
      cpu: 'qemu64',
      cpus: 2,
      memoryMiB: 1024,
      ...(direct
        ? {
            direct: {
              ...direct,
              kernel: relative(place, direct.kernel),
              initrd: relative(place, direct.initrd),
            },
          }
        : {}),
    },
    disk: layers,
    diskSize: 2 ** 30,
    memoryNonce: '',
    sideMemory: [],
    mounts9p: true,
    bootMs: { agent: 1, idle: 1 },
    files: await recordFiles(place, ['memory', ...layers.map(({ path }) => path)]),
  })
  return place
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
