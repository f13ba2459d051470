import { spawnSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'

import { expect } from '@playwright/test'

import { EnvironmentError } from '../../../src/errors.ts'
import { cacheFault } from '../../../src/util/cache-fault.ts'
import { lockFile } from '../../../src/util/file-lock.ts'
import { ToolError } from '../../../src/util/run-tool.ts'
import { test } from '../test-in-folder.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

const coded = (code: string): Error => Object.assign(new Error(`${code}: it went wrong`), { code })
const fault = (error: unknown): EnvironmentError | undefined =>
  cacheFault(error, 'Cannot do it', 'It needs a lot')

for (const [what, error] of [
  ['an error of the system', coded('ENOSPC')],
  ['a quota', coded('EDQUOT')],
  ['an error below another', new Error('outer', { cause: coded('ENOSPC') })],
  ['the words of a program', new ToolError('cp', 1, "cp: error writing 'disk.raw': No space left on device")],
] as const) {
  test(`cacheFault() tells a full disk by ${what}`, ({ cache }) => {
    expect(fault(error)).toMatchObject({
      code: 'ERR_FLEDGE_DISK_FULL',
      message: `Cannot do it: no space left on the disk of "${cache}"`,
      hint: expect.stringMatching(/^It needs a lot: free some .* FLEDGE_CACHE/),
      cause: error,
    })
  })
}

test('cacheFault() tells a cache that cannot be written', ({ cache }) => {
  const words = new ToolError('mke2fs', 1, 'mke2fs: Read-only file system')
  for (const error of [
    coded('EROFS'),
    coded('EACCES'),
    new Error('outer', { cause: coded('EPERM') }),
    words,
  ]) {
    expect(fault(error)).toMatchObject({
      code: 'ERR_FLEDGE_CACHE',
      message: `Cannot do it: the cache "${cache}" cannot be written`,
    })
  }
})

test('cacheFault() leaves alone what is something else, or says what to do itself', () => {
  const own = new EnvironmentError('ERR_FLEDGE_QEMU', 'QEMU ended', { cause: coded('ENOSPC') })
  for (const error of [coded('EIO'), new Error('no mirror'), own, 'a text'])
    expect(fault(error)).toBeUndefined()
})

test('cacheFault() tells a lock that may not be made', async ({ cache }) => {
  await mkdir(cache)
  // Even root may not write there.
  const { status } = spawnSync('chattr', ['+i', cache])
  test.skip(status !== 0, 'Only root can make a folder immutable, and not on every file system')
  try {
    const error = await lockFile(`${cache}/lock`).catch((thrown: unknown) => thrown)
    expect(fault(error)).toMatchObject({ code: 'ERR_FLEDGE_CACHE' })
  } finally {
    spawnSync('chattr', ['-i', cache])
  }
})

checkLeaks()
