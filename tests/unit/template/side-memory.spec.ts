import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'

import { expect, test as base } from '@playwright/test'

import { readSideMemory, writeSideMemory, type SideMemory } from '../../../src/template/side-memory.ts'
import { readWhole } from '../../../src/util/whole-io.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

const page = 4096

/** A process whose memory stands for a clone's QEMU: its regions lie in its stack, with pages of nobody around them. */
interface Process {
  readonly pid: number
  readonly regions: SideMemory
  /** All of it, from the page before the screen to the one after the firmware. */
  contents(): Promise<Buffer>
}

const test = base.extend<{ child: Process }>({
  child: async ({}, use) => {
    const sleeper = spawn('sh', ['-c', 'echo; exec sleep 1000'], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(sleeper.stdout, 'data')
    const pid = sleeper.pid ?? 0
    try {
      // When `sleep` runs, nothing maps its memory anew.
      await expect.poll(() => readFile(`/proc/${pid}/comm`, 'utf8')).toBe('sleep\n')
      const maps = await readFile(`/proc/${pid}/maps`, 'utf8')
      const start = Number.parseInt(/^(\w+)-.* \[stack\]$/m.exec(maps)?.[1] ?? '', 16)
      const contents = async (): Promise<Buffer> => {
        await using memory = await open(`/proc/${pid}/mem`)
        const bytes = Buffer.alloc(8 * page)
        await readWhole(memory, bytes, start)
        return bytes
      }
      const regions = {
        screen: { address: start + page, length: 3 * page },
        firmware: { address: start + 5 * page, length: 2 * page },
      }
      await use({ pid, regions, contents })
    } finally {
      sleeper.kill('SIGKILL')
      await once(sleeper, 'close')
    }
  },
})

test('what is read of one process is what another one is filled with', async ({ child }) => {
  const { pid, regions } = child
  const runs = [
    { region: 'screen', offset: 0, length: page },
    { region: 'screen', offset: 2 * page, length: page },
    { region: 'firmware', offset: 0, length: 2 * page },
  ] as const
  const bytes = Buffer.alloc(4 * page, 'abcdefg')
  const before = await child.contents()
  await writeSideMemory(pid, regions, runs, bytes)
  expect(await readSideMemory(pid, regions)).toEqual({ runs, bytes })
  // And nothing else was written to.
  const wanted = Buffer.from(before)
  bytes.copy(wanted, page, 0, page)
  bytes.copy(wanted, 3 * page, page, 2 * page)
  bytes.copy(wanted, 5 * page, 2 * page)
  expect((await child.contents()).equals(wanted)).toBe(true)
})

for (const [title, run, given] of [
  ['ends beyond its region', { region: 'screen', offset: 2 * page, length: page + 1 }, 2 * page],
  ['begins at the end of its region', { region: 'screen', offset: 3 * page, length: 1 }, page],
  ['begins far beyond its region', { region: 'firmware', offset: 2 ** 40, length: 1 }, page],
  ['fits only into the other region', { region: 'firmware', offset: 0, length: 3 * page }, 3 * page],
  ['is longer than the bytes that there are', { region: 'firmware', offset: 0, length: 2 * page }, page],
] as const) {
  test(`a run that ${title} is refused, and writes nothing`, async ({ child }) => {
    const before = await child.contents()
    await expect(
      writeSideMemory(child.pid, child.regions, [run], Buffer.alloc(given, 'x')),
    ).rejects.toMatchObject({
      code: 'ERR_FLEDGE_CLONE',
      message: `Cannot fill the ${run.region} of a clone: the template has another`,
    })
    expect((await child.contents()).equals(before)).toBe(true)
  })
}

checkLeaks()
