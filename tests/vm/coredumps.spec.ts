import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { checkLeaks } from '../fixtures/leaks.ts'
import { expect, test } from '../fixtures/machine.ts'

test('coredumps lists what crashed, and its memory can be copied', async ({ vm }) => {
  expect(await vm.coredumps()).toEqual([])
  await vm.catchCoredumps()
  await vm.catchCoredumps()
  expect(await vm.coredumps()).toEqual([])
  expect(await vm.execute('exec sh -c "kill -SEGV $$"')).toMatchObject({ signal: 'SIGSEGV' })
  // What has ended has been kept.
  expect(await vm.coredumps()).toHaveLength(1)
  await vm.execute('exec perl -e "CORE::dump()"')
  await vm.fail('false')
  // A signal that is no crash.
  await vm.execute('kill -TERM $$')
  const dumps = await vm.coredumps()
  expect(dumps).toMatchObject([
    { signal: 'SIGSEGV', executable: expect.stringContaining('sh') },
    { signal: 'SIGABRT', executable: expect.stringContaining('perl') },
  ])
  expect(Math.abs(Date.now() - (dumps[0]?.at.getTime() ?? 0))).toBeLessThan(120_000)
  const folder = await mkdtemp(join(tmpdir(), 'fledge-cores-'))
  try {
    await vm.copyFromMachine(dumps[0]?.path ?? '', `${folder}/`)
    const core = await readFile(join(folder, `${dumps[0]?.pid}.core`))
    expect(core.subarray(1, 4).toString()).toBe('ELF')
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a handler that the guest has is left', async ({ vm }) => {
  await vm.succeed('echo "|/bin/false" > /proc/sys/kernel/core_pattern')
  await vm.catchCoredumps()
  expect((await vm.succeed('cat /proc/sys/kernel/core_pattern')).stdout).toBe('|/bin/false\n')
})

checkLeaks()
