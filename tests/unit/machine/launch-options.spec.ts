import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { normalizeLaunchOptions, type LaunchOptions } from '../../../src/machine/launch-options.ts'

const variable = 'FLEDGE_ACCELERATOR'
const before = process.env[variable]

test.beforeEach(() => {
  delete process.env[variable]
})
test.afterAll(() => {
  if (before === undefined) delete process.env[variable]
  else process.env[variable] = before
})

test('normalizeLaunchOptions() puts the defaults in place', () => {
  expect(normalizeLaunchOptions({})).toEqual({
    memoryMiB: 1024,
    cpus: 2,
    shares: {},
    network: 'user',
    accelerator: 'auto',
    cold: false,
    hooks: {},
    packages: [],
  })
})

test('normalizeLaunchOptions() keeps what is given, up to the bounds', () => {
  const { signal } = new AbortController()
  const all: readonly LaunchOptions[] = [
    { memoryMiB: 256, cpus: 1, diskGiB: 1, name: 'a', timeoutMs: 0 },
    {
      memoryMiB: 1_048_576,
      cpus: 64,
      diskGiB: 4096,
      name: 'a'.repeat(63),
      timeoutMs: Number.POSITIVE_INFINITY,
    },
    { diskGiB: '+1' },
    { channel: 'agent' },
    { channel: 'ssh', shares: { '/mnt': '.' } },
    { channel: 'ssh', cold: true },
    { diskGiB: '+4096' },
    {
      name: 'Web-1',
      network: 'none',
      accelerator: 'kvm',
      cold: true,
      firmware: 'uefi',
      shares: { '/mnt': '.' },
      signal,
    },
    { cold: true, keepState: './state.qcow2' },
    { cold: true, tpm: true, channel: 'none', cdrom: './x.iso', boot: { kernel: 'k', commandLine: '' } },
    { disks: { data: { sizeGiB: 4096 }, 'old-1': './x.raw', ['y'.repeat(20)]: { path: 'z' } } },
    { hooks: { remainingMs: () => 1, around: (_call, run) => run() } },
  ]
  for (const options of all) expect(normalizeLaunchOptions(options)).toMatchObject({ ...options })
  expect(normalizeLaunchOptions({ include: { packages: ['nginx', 'curl'] } }).packages).toEqual([
    'nginx',
    'curl',
  ])
})

const wrong: Readonly<Record<string, readonly unknown[]>> = {
  name: ['', '-a', 'a-', 'a_b', 'a.b', 'ü', 'a'.repeat(64), 'a\n', 1, null],
  memoryMiB: [255, 1_048_577, 512.5, '512', Number.NaN, 512n, null],
  cpus: [0, 65, 1.5, '2', null, -1],
  diskGiB: [0, 4097, 8.5, '8', '+0', '+4097', '+1.5', '+1e1', '++1', '+ 1', '+1\n', null],
  shares: ['./dist', ['./dist'], 1, null],
  network: ['', 'nat', true, null],
  accelerator: ['', 'hvf', 'KVM', null],
  include: [
    'nginx',
    ['nginx'],
    null,
    { packages: 'nginx' },
    { packages: [''] },
    { packages: [1] },
    { package: [] },
  ],
  channel: ['', 'SSH', 'serial', true, null, 'none'],
  disks: ['./x.qcow2', [{ sizeGiB: 1 }], 1, null],
  cdrom: ['', 1, null, ['x.iso'], 'a\0b'],
  tpm: [0, 'true', null, true],
  keepState: ['', 1, null, true, 'a\0b', './state.qcow2'],
  display: ['', 'gtk', true, null, {}, { vnc: 1 }, { vnc: '' }, { vnc: 'a\0b' }, { vnc: 'x', port: 1 }],
  boot: ['vmlinuz', null, 1, ['vmlinuz']],
  firmware: ['', 'efi', 'UEFI', true, null],
  cold: [0, 1, 'true', null],
  hooks: [null, 'x', 1, { around: 'x' }, { environment: 'x' }, { remainingMs: 5 }, { pause: 'x' }],
  timeoutMs: [-1, Number.NaN, '5', null],
  signal: [{}, new AbortController(), null],
}

for (const [name, values] of Object.entries(wrong)) {
  test(`normalizeLaunchOptions() refuses wrong values of ${name}, and names it`, () => {
    for (const value of values) {
      const attempt = (): unknown => normalizeLaunchOptions({ [name]: value })
      expect(attempt).toThrow(expect.objectContaining({ code: 'ERR_FLEDGE_OPTION' }))
      expect(attempt).toThrow(name)
    }
  })
}

const wrongHardware: readonly (readonly [options: unknown, says: string])[] = [
  [{ disks: { data: {} } }, 'Cannot use the disk "data": it must have a "sizeGiB" or a "path", and not both'],
  [{ disks: { data: { sizeGiB: 1, path: 'x' } } }, 'Cannot use the disk "data": it must have a "sizeGiB" or'],
  [{ disks: { data: { sizeGiB: 0 } } }, 'Cannot use sizeGiB 0 of the disk "data"'],
  [{ disks: { data: { sizeGB: 1 } } }, 'Cannot use the option "sizeGB" of the disk "data"'],
  [{ disks: { data: '' } }, 'Cannot use path "" of the disk "data"'],
  [{ disks: { data: null } }, 'Cannot use null as options of the disk "data"'],
  [{ disks: { 'a b': { sizeGiB: 1 } } }, 'Cannot name a disk "a b"'],
  [{ disks: { 'a,b=c': { sizeGiB: 1 } } }, 'Cannot name a disk "a,b=c"'],
  [{ disks: { ['x'.repeat(21)]: { sizeGiB: 1 } } }, `Cannot name a disk "${'x'.repeat(21)}"`],
  [
    { disks: Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`d${index}`, { sizeGiB: 1 }])) },
    'Cannot use 9 disks: a machine has room for 8',
  ],
  [{ boot: { kernel: '' } }, 'Cannot use kernel "" of boot'],
  [{ boot: { initrd: 5 } }, 'Cannot use initrd 5 of boot'],
  [{ boot: { commandLine: 'a\0b' } }, 'Cannot use commandLine "a\\u0000b" of boot'],
  [{ boot: { cmdline: 'x' } }, 'Cannot use the option "cmdline" of boot'],
  [{ channel: 'none' }, 'Cannot use the channel "none" for a clone'],
  [{ channel: 'none', cold: true, shares: { '/mnt': '.' } }, 'Cannot share folders with the channel "none"'],
]

for (const [options, says] of wrongHardware) {
  test(`normalizeLaunchOptions() refuses hardware that cannot be: ${says}`, () => {
    expect(() => normalizeLaunchOptions(options as LaunchOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_FLEDGE_OPTION', message: expect.stringContaining(says) }),
    )
  })
}

for (const [name, hint] of [
  ['memoryMB', 'Did you mean "memoryMiB"?'],
  ['share', 'Did you mean "shares"?'],
  ['cpu', 'Did you mean "cpus" or "tpm"?'],
  ['timeout', 'Did you mean "timeoutMs"?'],
] as const) {
  test(`normalizeLaunchOptions() knows no "${name}", and what was meant`, () => {
    expect(() => normalizeLaunchOptions({ [name]: 1 })).toThrow(
      expect.objectContaining({ code: 'ERR_FLEDGE_OPTION', hint }),
    )
  })
}

test('normalizeLaunchOptions() takes the accelerator from the environment, unless it is given', () => {
  process.env[variable] = 'tcg'
  expect(normalizeLaunchOptions({}).accelerator).toBe('tcg')
  expect(normalizeLaunchOptions({ accelerator: 'auto' }).accelerator).toBe('auto')
  process.env[variable] = ''
  expect(normalizeLaunchOptions({}).accelerator).toBe('auto')
  process.env[variable] = 'xen'
  expect(() => normalizeLaunchOptions({})).toThrow(
    'Cannot use FLEDGE_ACCELERATOR "xen": it must be auto, kvm or tcg',
  )
})

checkLeaks()
