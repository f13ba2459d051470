import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import * as v from 'valibot'

import { EnvironmentError } from '../errors.ts'

/** What a machine starts with: the BIOS of a PC, or UEFI, which with `secure-boot` starts only what is signed. */
export type Firmware = 'bios' | 'uefi' | 'secure-boot'

/** The files of an UEFI firmware on this host. */
export interface UefiFirmware {
  readonly kind: Exclude<Firmware, 'bios'>
  readonly code: string
  /** The variables that a new machine has: with `secure-boot`, the keys of Microsoft, by which distributions have their loaders signed. */
  readonly variables: string
  readonly format: 'raw' | 'qcow2'
  /** A hex digest of both. */
  readonly digest: string
}

/** What a machine that has run with a firmware needs of it: its variables are its own by then. */
export type UefiProgram = Omit<UefiFirmware, 'variables'>

/** Where packages of firmware and administrators describe it; the later wins. */
const descriptorFolders = ['/usr/share/qemu/firmware', '/usr/local/share/qemu/firmware', '/etc/qemu/firmware']

const file = v.object({ filename: v.string(), format: v.picklist(['raw', 'qcow2']) })

/** Source: https://github.com/qemu/qemu/blob/master/docs/interop/firmware.json. */
const schema = v.object({
  'interface-types': v.array(v.string()),
  mapping: v.object({ device: v.literal('flash'), executable: file, 'nvram-template': file }),
  targets: v.array(v.object({ architecture: v.string(), machines: v.array(v.string()) })),
  features: v.array(v.string()),
})

type Descriptor = v.InferOutput<typeof schema>

/** What tells the two kinds apart, besides that they are UEFI for a PC with PCI Express. */
const isOfKind: Readonly<Record<UefiFirmware['kind'], (features: readonly string[]) => boolean>> = {
  uefi: (features) => !features.includes('requires-smm'),
  'secure-boot': (features) =>
    ['requires-smm', 'secure-boot', 'enrolled-keys'].every((each) => features.includes(each)),
}

/**
 * Finds the UEFI firmware of a kind, as its package describes it for QEMU.
 *
 * @throws EnvironmentError `ERR_FLEDGE_TOOL_MISSING` when none is installed
 */
export async function findUefi(
  kind: UefiFirmware['kind'],
  folders: readonly string[] = descriptorFolders,
): Promise<UefiFirmware> {
  for (const descriptor of await readDescriptors(folders)) {
    if (!isOfKind[kind](descriptor.features) || !isForUs(descriptor)) continue
    const { executable, 'nvram-template': variables } = descriptor.mapping
    if (executable.format !== variables.format) continue
    const digest = await digestOf([executable.filename, variables.filename])
    // A description may be left of a package that has gone.
    if (digest === undefined) continue
    return {
      ...{ kind, digest, format: executable.format },
      ...{ code: executable.filename, variables: variables.filename },
    }
  }
  throw new EnvironmentError(
    'ERR_FLEDGE_TOOL_MISSING',
    `Cannot find a firmware for "${kind}": none is described in ${folders.map((each) => `"${each}"`).join(', ')}`,
    {
      hint: 'Run "sudo apt-get install ovmf"; other distributions call the package edk2-ovmf or qemu-ovmf-x86_64',
    },
  )
}

function isForUs({ 'interface-types': types, targets }: Descriptor): boolean {
  const fits = targets.some(
    ({ architecture, machines }) =>
      architecture === 'x86_64' && machines.some((each) => each.startsWith('pc-q35-')),
  )
  return fits && types.includes('uefi')
}

/** All that can be read, in the order in which QEMU's own rules prefer them. */
async function readDescriptors(folders: readonly string[]): Promise<readonly Descriptor[]> {
  const paths = new Map<string, string>()
  for (const folder of folders) {
    const names = await readdir(folder).catch((): string[] => [])
    for (const name of names.filter((each) => each.endsWith('.json'))) paths.set(name, join(folder, name))
  }
  const sorted = [...paths].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const read = await Promise.all(
    sorted.map(async ([, path]) =>
      v.safeParse(v.pipe(v.string(), v.parseJson(), schema), await textOf(path)),
    ),
  )
  return read.flatMap((each) => (each.success ? [each.output] : []))
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

async function digestOf(paths: readonly string[]): Promise<string | undefined> {
  try {
    const hash = createHash('sha256')
    for (const bytes of await Promise.all(paths.map((path) => readFile(path)))) hash.update(bytes)
    return hash.digest('hex')
  } catch {
    return undefined
  }
}
