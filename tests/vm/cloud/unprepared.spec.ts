import { execFile } from 'node:child_process'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect } from '@playwright/test'

import { cacheFolder, launch } from '../../../src/index.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { lookalike } from '../../fixtures/lookalike.ts'
import { whyNoLoopDevices } from '../../fixtures/mount.ts'
import { test } from '../../unit/test-in-folder.ts'

const run = promisify(execFile)

/** What is left in the cache of a disk that could not be prepared. */
async function leftOf(name: string): Promise<readonly string[]> {
  const all = await readdir(join(cacheFolder(), 'prepared'))
  return all.filter((each) => each.includes(`${name}-`) && !each.endsWith('.lock'))
}

test('a disk without cloud-init fails, and says how far it came', async ({ folder }) => {
  const before = process.env['FLEDGE_TIME_FACTOR']
  process.env['FLEDGE_TIME_FACTOR'] = '0.01'
  try {
    const disk = join(folder, 'empty.raw')
    await writeFile(disk, Buffer.alloc(2 ** 20, 'nothing that boots '))
    await expect(launch(disk)).rejects.toMatchObject({
      code: 'ERR_FLEDGE_BAKE',
      hint: expect.stringContaining('NoCloud'),
      message: expect.stringMatching(
        /^Cannot boot ".*empty\.raw": cloud-init did not install the agent within \d+ s$/,
      ),
    })
    expect(await leftOf('empty.raw')).toEqual([])
  } finally {
    if (before === undefined) delete process.env['FLEDGE_TIME_FACTOR']
    else process.env['FLEDGE_TIME_FACTOR'] = before
  }
})

test("a disk that the agent cannot be put into fails at once, with the seed's log and the console", async ({
  folder,
}) => {
  test.setTimeout(0)
  const whyNot = whyNoLoopDevices()
  test.skip(whyNot !== undefined, whyNot)
  const disk = join(folder, 'spoilt.raw')
  await run('qemu-img', ['convert', '-O', 'raw', await lookalike('bookworm'), disk])
  // Where the folder of the agent has to be, there is a file. The root begins at 257 MiB.
  await writeFile(join(folder, 'file'), 'in the way\n')
  const { stderr } = await run('debugfs', [
    ...['-w', '-R', `write ${join(folder, 'file')} /usr/lib/fledge`],
    `${disk}?offset=${257 * 2 ** 20}`,
  ])
  expect(stderr).not.toContain('write:')
  const start = Date.now()
  await expect(launch(disk)).rejects.toMatchObject({
    code: 'ERR_FLEDGE_BAKE',
    hint: expect.stringContaining('NoCloud'),
    message: expect.stringMatching(
      /^Cannot boot ".*spoilt\.raw": what installs the agent in it ended with status 1: mkdir: .*\/usr\/lib\/fledge/,
    ),
    consoleTail: expect.stringMatching(/systemd[^]*fledge-seed: agent\r?\nfledge-seed: mkdir:/),
  })
  // Not by the limit, which is 20 minutes when emulated.
  expect(Date.now() - start).toBeLessThan(600_000)
  expect(await leftOf('spoilt.raw')).toEqual([])
})

checkLeaks()
