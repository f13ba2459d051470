import { readFile } from 'node:fs/promises'

import type { OwnedSpec } from '../owner/owned-machine.ts'
import type { ExtraDisk } from '../qemu/disk-arguments.ts'
import { emptyQcow2 } from '../qemu/qcow2.ts'
import { writeWhole } from '../util/whole-io.ts'
import type { KeptDisk } from './kept-disk.ts'
import { namelessFile, type NamelessFile } from './nameless-file.ts'

/** The files that one machine may write to. They outlive its QEMU, and are gone when they are disposed of. */
export interface OwnFiles extends AsyncDisposable {
  /** What QEMU inherits of them. */
  readonly inherited: Pick<OwnedSpec, 'overlay' | 'diskFolder' | 'variables' | 'extraOverlays' | 'tpmState'>
}

/** What a machine writes to. */
export interface OwnFilesSpec {
  /** Bytes of the root disk. */
  readonly diskSize: number
  /** Besides the root disk. */
  readonly disks?: readonly ExtraDisk[] | undefined
  /** The variables that its firmware has at first; a BIOS has none. */
  readonly variables?: string | undefined
  readonly tpm?: boolean | undefined
  /** The root disk, where it is kept; it is closed with the others. Default: an empty overlay. */
  readonly kept?: KeptDisk | undefined
}

/** Makes them: an empty overlay for each disk, a copy of the firmware's variables, and room for what a TPM keeps. */
export async function ownFiles({
  diskSize,
  disks = [],
  variables,
  tpm = false,
  kept,
}: OwnFilesSpec): Promise<OwnFiles> {
  const made: NamelessFile[] = []
  const close = async (): Promise<void> => {
    for (const { file } of made) await file.close()
    await kept?.[Symbol.asyncDispose]()
  }
  const make = async (content: Uint8Array): Promise<NamelessFile> => {
    const own = await namelessFile()
    made.push(own)
    await writeWhole(own.file, content, 0)
    return own
  }
  try {
    const root = kept ?? (await make(emptyQcow2(diskSize)))
    const extraOverlays: number[] = []
    for (const { size } of disks) extraOverlays.push((await make(emptyQcow2(size))).file.fd)
    const own = variables === undefined ? undefined : await make(await readFile(variables))
    const state = tpm ? await make(new Uint8Array()) : undefined
    const inherited = {
      ...{ overlay: root.file.fd, diskFolder: root.folder, extraOverlays },
      ...{ variables: own?.file.fd, tpmState: state?.file.fd },
    }
    return { inherited, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}
