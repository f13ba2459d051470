import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { launch, type Machine } from 'fledge'

import type { Figures, TreeTimes } from '../figures.ts'
import type { Subject } from '../subject.ts'
import { time } from '../times.ts'

const count = 2_000
const smallBytes = 1_024
const mb = 200

/** Reads and writes a tree of small files and one large file, through a share and by the agent's copy. */
export async function share({ image, signal, update }: Subject): Promise<Pick<Figures, 'share'>> {
  const folder = await mkdtemp(join(tmpdir(), 'fledge-bench-'))
  try {
    update('making the files')
    await mkdir(join(folder, 'files'))
    await mkdir(join(folder, 'file'))
    for (let index = 0; index < count; index++) {
      await writeFile(join(folder, 'files', `${index}`), randomBytes(smallBytes))
    }
    await writeFile(join(folder, 'file', 'large'), randomBytes(mb * 1_000_000))
    await using vm = await launch(image, {
      signal,
      shares: { '/mnt': { source: folder, access: 'read-write' } },
    })
    const files = await treeTimes(vm, folder, 'files', update)
    return { share: { files, file: await treeTimes(vm, folder, 'file', update), count, mb } }
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function treeTimes(
  vm: Machine,
  folder: string,
  name: 'files' | 'file',
  update: (detail: string) => void,
): Promise<TreeTimes> {
  update(name === 'files' ? `${count} small files` : `one file of ${mb} MB`)
  const copyInMs = await time(() => vm.copyFromHost(join(folder, name), `/root/${name}`))
  const shareReadMs = await time(() => vm.succeed(`cat /mnt/${name}/* > /dev/null`))
  const shareWriteMs = await time(() => vm.succeed(`cp -r /root/${name} /mnt/written-${name}`))
  const copyOutMs = await time(() => vm.copyFromMachine(`/root/${name}`, join(folder, `copied-${name}`)))
  return { shareReadMs, shareWriteMs, copyInMs, copyOutMs }
}
