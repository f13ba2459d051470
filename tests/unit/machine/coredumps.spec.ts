import { expect, test } from '@playwright/test'

import { readOwn, readSystemd } from '../../../src/machine/coredumps.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

test('readOwn() reads what the handler was told by the kernel', () => {
  expect(readOwn('412 11 1764073200 !usr!bin!my app\n500 6 1764073201 !bin!sleep\n')).toEqual([
    {
      pid: 412,
      signal: 'SIGSEGV',
      executable: '/usr/bin/my app',
      at: new Date(1_764_073_200_000),
      path: '/var/lib/fledge/coredumps/412.core',
    },
    expect.objectContaining({ pid: 500, signal: 'SIGABRT', executable: '/bin/sleep' }),
  ])
  expect(readOwn('')).toEqual([])
})

test('readSystemd() reads the lists of old and new versions, and finds the files', () => {
  const files = `
files
core.sleep.0.0123456789abcdef0123456789abcdef.412.1764073200000000.zst
core.my\\x20app.1000.0123456789abcdef0123456789abcdef.500.1764073201000000.lz4
`
  const recent = `
Tue 2025-11-25 12:20:00 UTC   412    0    0 SIGSEGV present  /usr/bin/sleep        20.1K
Tue 2025-11-25 12:20:01 UTC   500 1000 1000 SIGABRT none     /opt/my app/bin/app       -
`
  expect(readSystemd(recent + files)).toEqual([
    {
      pid: 412,
      signal: 'SIGSEGV',
      executable: '/usr/bin/sleep',
      at: new Date('2025-11-25T12:20:00Z'),
      path: '/var/lib/systemd/coredump/core.sleep.0.0123456789abcdef0123456789abcdef.412.1764073200000000.zst',
    },
    expect.objectContaining({ pid: 500, signal: 'SIGABRT', executable: '/opt/my app/bin/app' }),
  ])
  const old = 'Tue 2025-11-25 12:20:00 UTC   77     0     0  11 present   /usr/bin/sleep\n'
  expect(readSystemd(`${old}files\n`)).toEqual([
    { pid: 77, signal: 'SIGSEGV', executable: '/usr/bin/sleep', at: new Date('2025-11-25T12:20:00Z') },
  ])
  expect(readSystemd('\nfiles\n')).toEqual([])
  expect(readSystemd('\n')).toEqual([])
})

checkLeaks()
