import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { MisuseError } from '../../../src/index.ts'
import { checkOptions } from '../../../src/util/check-options.ts'
import { anchorHardware, anchorShares, machineChecks } from '../../../src/test/machine-options.ts'

test('anchorShares() takes relative sources from the folder, and leaves the rest', () => {
  const shares = { '/a': './dist', '/b': { source: 'src', access: 'overlay' }, '/c': '/etc' } as const
  expect(anchorShares(shares, '/project')).toEqual({
    '/a': '/project/dist',
    '/b': { source: '/project/src', access: 'overlay' },
    '/c': '/etc',
  })
})

test('anchorShares() leaves what is not a share to the check of launch()', () => {
  const wrong = [['/a', '/b'], undefined, { '/a': 3 }] as unknown as Record<string, string>[]
  for (const shares of wrong) expect(anchorShares(shares, '/project')).toEqual(shares)
})

/** What a test has that chooses nothing. */
const none = {
  memoryMiB: undefined,
  cpus: undefined,
  diskGiB: undefined,
  network: 'user',
  firmware: undefined,
  cold: undefined,
  disks: undefined,
  cdrom: undefined,
  boot: undefined,
  tpm: undefined,
  guestChannel: undefined,
} as const

test('anchorHardware() leaves out what is not given', () => {
  expect(Object.keys(anchorHardware({ ...none, memoryMiB: 512 }, '/project'))).toEqual([
    'memoryMiB',
    'network',
  ])
  const all = {
    memoryMiB: 512,
    cpus: 1,
    diskGiB: 9,
    network: 'none',
    firmware: 'uefi',
    cold: true,
    tpm: true,
  } as const
  expect(anchorHardware({ ...none, ...all }, '/project')).toEqual(all)
  const overSsh = { ...none, guestChannel: 'ssh' } as const
  expect(anchorHardware(overSsh, '/project')).toEqual({ network: 'user', channel: 'ssh' })
})

test('anchorHardware() takes relative paths from the folder', () => {
  const given = {
    ...none,
    disks: { old: './old.qcow2', more: { path: 'more.raw' }, data: { sizeGiB: 2 }, far: '/far.raw' },
    cdrom: 'tools.iso',
    boot: { kernel: './linux', commandLine: 'quiet' },
  }
  expect(anchorHardware(given, '/project')).toEqual({
    network: 'user',
    disks: {
      old: '/project/old.qcow2',
      more: { path: '/project/more.raw' },
      data: { sizeGiB: 2 },
      far: '/far.raw',
    },
    cdrom: '/project/tools.iso',
    boot: { kernel: '/project/linux', commandLine: 'quiet' },
  })
})

test('anchorHardware() leaves what is wrong to the check of launch()', () => {
  const wrong = { disks: { a: 3, b: null, c: { path: 4 } }, cdrom: 5, boot: 'linux', tpm: 'yes' }
  const found = anchorHardware({ ...none, ...(wrong as object) }, '/project')
  expect(found).toEqual({ network: 'user', ...wrong })
  expect(anchorHardware({ ...none, ...({ disks: ['a'] } as object) }, '/project')).toEqual({
    network: 'user',
    disks: ['a'],
  })
})

function using(option: string, value: unknown): () => void {
  return () => checkOptions('test.use', { [option]: value }, machineChecks)
}

const choices = {
  coredumps: ['fail', 'allow'],
  evidence: ['on-failure', 'always', 'never'],
  network: ['user', 'none'],
  guestChannel: ['agent', 'ssh'],
} as const

for (const [option, right] of Object.entries(choices)) {
  test(`test.use takes each ${option} that there is, and refuses all else by name and value`, () => {
    for (const value of right) expect(using(option, value)).not.toThrow()
    for (const value of ['', 'ALWAYS', 'sometimes', ' none', true, false, 0, null, ['always'], {}]) {
      expect(using(option, value)).toThrow(MisuseError)
      expect(using(option, value)).toThrow(`Cannot use ${option} `)
      for (const each of right) expect(using(option, value)).toThrow(`"${each}"`)
    }
  })
}

checkLeaks()
