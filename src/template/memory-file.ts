import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { join } from 'node:path'

import type { QemuCapabilities } from '../qemu/capabilities.ts'
import { inheritedMemory } from '../qemu/chassis.ts'
import { notice } from '../util/notice.ts'
import { runTool } from '../util/run-tool.ts'
import { namelessFile, type NamelessFile } from './nameless-file.ts'
import type { Template } from './template.ts'

/** A file that QEMU can map a machine's memory from. */
export interface MemoryFile {
  readonly path: string
  /** The open file that it is, where QEMU has to inherit that. */
  readonly descriptor?: number
}

/** The copies that this process holds, by the nonces of their templates: one for all of its machines. */
const copies = new Map<string, Promise<NamelessFile>>()

/**
 * Finds the memory of a template for a clone. QEMU before 8.2 opens it for writing, though it never writes to it; where we may
 * not, as in a cache that is mounted read-only, it gets a copy.
 */
export async function memoryFile(
  { folder, manifest }: Template,
  qemu: QemuCapabilities,
): Promise<MemoryFile> {
  const path = join(folder, 'memory')
  if (qemu.readonlyMemory || (await isWritable(path))) return { path }
  const copy = copies.get(manifest.memoryNonce) ?? copyOf(path, qemu)
  copies.set(manifest.memoryNonce, copy)
  copy.catch(() => copies.delete(manifest.memoryNonce))
  return { path: inheritedMemory, descriptor: (await copy).file.fd }
}

async function copyOf(path: string, { version }: QemuCapabilities): Promise<NamelessFile> {
  const copy = await namelessFile()
  notice(
    `QEMU ${version} cannot use a memory file that is read-only; each process of fledge copies it to "${copy.folder}"`,
    'QEMU 8.2 or later needs no copy, nor does a cache that can be written',
  )
  await runTool('cp', ['--sparse=always', '--', path, `/proc/${process.pid}/fd/${copy.file.fd}`])
  return copy
}

async function isWritable(path: string): Promise<boolean> {
  return access(path, constants.W_OK).then(
    () => true,
    () => false,
  )
}
