import { expect, test } from '@playwright/test'
import * as fc from 'fast-check'

import { checkLeaks } from '../../fixtures/leaks.ts'
import type { QemuCapabilities } from '../../../src/qemu/capabilities.ts'
import { chassisArguments, shareSlots, type Backends, type Chassis } from '../../../src/qemu/chassis.ts'

const qemu = { readonlyMemory: false } as QemuCapabilities

const chassis: Chassis = {
  machine: 'pc-i440fx-7.2',
  accelerator: 'tcg',
  cpu: 'Nehalem',
  cpus: 2,
  memoryMiB: 1024,
  direct: { kernel: '/k', initrd: '/i', arguments: 'console=ttyS0,115200 quiet' },
}

const backends: Backends = {
  memoryFile: '/cache/memory',
  disk: [{ path: '/cache/disk.raw', format: 'raw' }],
  emptyFolder: '/cache/empty',
  shares: [],
  network: 'user',
  incoming: false,
}

/** The values of every occurrence of a flag. */
function valuesOf(args: readonly string[], flag: string): string[] {
  return args.flatMap((each, index) => (each === flag ? [args[index + 1] ?? ''] : []))
}

/** Reads `a,b=c,,d` as QEMU does. */
function options(text: string): Record<string, string> {
  const parts = text.replaceAll(',,', '\0').split(',')
  const pairs = parts.map((part) => part.replaceAll('\0', ',').split(/=(.*)/s, 2))
  return Object.fromEntries(pairs.map(([key, value]) => [key, value ?? '']))
}

test('a share may have any path', () => {
  const path = fc.string({ unit: fc.constantFrom(',', ' ', '=', '"', '\\', 'a', '/', 'ü', '\n') })
  fc.assert(
    fc.property(fc.array(path, { maxLength: shareSlots }), (paths) => {
      const shares = paths.map((each) => ({ source: `/${each}`, writable: false }))
      const exported = valuesOf(chassisArguments(qemu, chassis, { ...backends, shares }), '-fsdev').map(
        options,
      )
      const wanted = [
        ...shares.map(({ source }) => source),
        ...Array<string>(shareSlots).fill('/cache/empty'),
      ]
      expect(exported.map((each) => each['path'])).toEqual(wanted.slice(0, shareSlots))
      for (const each of exported) expect(Object.keys(each)).toContain('readonly')
    }),
  )
})

/** The command line of a machine whose screen is shown somewhere. */
function shown(display?: Backends['display']): readonly string[] {
  return chassisArguments(qemu, chassis, { ...backends, ...(display ? { display } : {}) })
}

test('a screen is shown nowhere, in a window that may be closed, or at a socket; only a window may start programs', () => {
  expect(valuesOf(shown(), '-display')).toEqual(['none'])
  expect(valuesOf(shown(), '-vnc')).toEqual([])
  expect(valuesOf(shown({ window: 'gtk' }), '-display')).toEqual(['gtk,window-close=off'])
  expect(valuesOf(shown({ window: 'gtk' }), '-sandbox')[0]).not.toContain('spawn')
  const atSocket = shown({ vnc: '/run/a,b/vnc' })
  expect(valuesOf(atSocket, '-display')).toEqual(['none'])
  expect(valuesOf(atSocket, '-vnc')).toEqual(['unix:/run/a,,b/vnc'])
  expect(valuesOf(atSocket, '-sandbox')[0]).toContain('spawn=deny')
  // All else, and so the frozen state that fits, is the same.
  expect(atSocket.length).toBe(shown().length + 2)
})

test('a disk with a boot loader of its own is first in the order, and a seed is read-only', () => {
  const { direct: _, ...unstarted } = chassis
  const seed = { folder: '/cache/seed', label: 'cidata' }
  const args = chassisArguments(qemu, unstarted, { ...backends, seed })
  expect(args).not.toContain('-kernel')
  const devices = valuesOf(args, '-device')
  expect(devices.filter((each) => each.includes('bootindex'))).toEqual([
    'virtio-blk-pci,id=disk0,drive=disk,bootindex=0',
  ])
  expect(devices.at(-1)).toBe('virtio-blk-pci,id=seed,drive=seed')
  const volume = valuesOf(args, '-blockdev').find((each) => each.includes('vvfat')) ?? '{}'
  expect(JSON.parse(volume)).toMatchObject({ dir: '/cache/seed', label: 'cidata', 'read-only': true })
})

test('UEFI is two flash chips, of which the variables are inherited and only they take writes', () => {
  const { direct: _, ...rest } = chassis
  for (const kind of ['uefi', 'secure-boot'] as const) {
    const firmware = { kind, code: '/f,w/code', format: 'raw', digest: 'd' } as const
    const args = chassisArguments(qemu, { ...rest, machine: 'pc-q35-7.2', firmware }, backends)
    expect(valuesOf(args, '-machine').slice(1, 2)).toEqual(['pflash0=firmware,pflash1=variables'])
    const chips = valuesOf(args, '-blockdev')
      .slice(0, 2)
      .map((each): unknown => JSON.parse(each))
    expect(chips).toEqual([
      expect.objectContaining({
        'node-name': 'firmware',
        'read-only': true,
        file: { driver: 'file', filename: '/f,w/code', locking: 'off' },
      }),
      expect.not.objectContaining({ 'read-only': expect.anything() }),
    ])
    expect(chips[1]).toMatchObject({ 'node-name': 'variables', file: { filename: '/dev/fdset/2' } })
    expect(valuesOf(args, '-add-fd')).toContain('fd=9,set=2')
    const isSecure = kind === 'secure-boot'
    expect(args.includes('smm=on')).toBe(isSecure)
    expect(args.includes('driver=cfi.pflash01,property=secure,value=on')).toBe(isSecure)
  }
})

test('disks besides the root disk and a CD have their names, and only overlays take writes', () => {
  const disks = [
    { name: 'data', size: 2 ** 30 },
    { name: 'old', size: 2 ** 20, content: 'digest' },
  ]
  const extraDisks = [[], [{ path: '/o,l"d', format: 'raw' }]] as const
  const args = chassisArguments(
    qemu,
    { ...chassis, disks, cdrom: 'digest' },
    { ...backends, extraDisks, cdrom: '/a,b.iso' },
  )
  const [, data, old, cdrom] = valuesOf(args, '-blockdev').map((each): unknown => JSON.parse(each))
  expect(data).toMatchObject({ 'node-name': 'extra0', file: { filename: '/dev/fdset/3' }, backing: null })
  expect(old).toMatchObject({
    'node-name': 'extra1',
    file: { filename: '/dev/fdset/4' },
    backing: { driver: 'raw', 'read-only': true, file: { filename: '/o,l"d' } },
  })
  expect(cdrom).toMatchObject({ driver: 'raw', 'read-only': true, file: { filename: '/a,b.iso' } })
  expect(valuesOf(args, '-add-fd')).toEqual(['fd=6,set=1', 'fd=10,set=3', 'fd=11,set=4'])
  const devices = valuesOf(args, '-device').map(options)
  const serials = devices.flatMap(({ serial }) => serial ?? [])
  expect(serials).toEqual(['data', 'old'])
  expect(devices.find((each) => 'scsi-cd' in each)).toMatchObject({ bootindex: '1' })
})

test('an own kernel may do without an initrd', () => {
  const args = chassisArguments(qemu, { ...chassis, direct: { kernel: '/k', arguments: 'quiet' } }, backends)
  expect(args).not.toContain('-initrd')
  expect(valuesOf(args, '-append')).toEqual(['quiet'])
})

test('only a share that asks for it is writable, and its owners are never real', () => {
  const shares = [
    { source: '/a', writable: true },
    { source: '/b', writable: false },
  ]
  const exported = valuesOf(chassisArguments(qemu, chassis, { ...backends, shares }), '-fsdev').map(options)
  expect(exported.map(({ security_model, readonly }) => [security_model, readonly])).toEqual([
    ['mapped-xattr', undefined],
    ['none', 'on'],
    ['none', 'on'],
    ['none', 'on'],
  ])
})

test('the devices are the same whatever is behind them', () => {
  const boot = chassisArguments(qemu, chassis, backends)
  const clone = chassisArguments(qemu, chassis, {
    memoryFile: '/other/memory',
    disk: [...backends.disk, { path: '/t/disk.qcow2', format: 'qcow2' }],
    emptyFolder: '/else',
    shares: [{ source: '/x', writable: true }],
    network: 'none',
    incoming: true,
  })
  for (const flag of ['-device', '-machine', '-cpu', '-smp', '-m', '-accel', '-chardev', '-mon', '-global']) {
    expect(valuesOf(boot, flag).length, flag).toBeGreaterThan(0)
    expect(valuesOf(clone, flag), flag).toEqual(valuesOf(boot, flag))
  }
  const ids = (args: readonly string[]): unknown[] =>
    valuesOf(args, '-netdev').map((each) => options(each)['id'])
  expect(ids(clone)).toEqual(ids(boot))
  expect([valuesOf(boot, '-incoming'), valuesOf(clone, '-incoming')]).toEqual([[], ['fd:7']])
})

test('the network "none" lets nothing through', () => {
  for (const [network, restrict] of [
    ['none', 'on'],
    ['user', 'off'],
  ] as const) {
    const [user = ''] = valuesOf(chassisArguments(qemu, chassis, { ...backends, network }), '-netdev')
    expect(options(user)).toMatchObject({ id: 'net0', restrict })
  }
})

test('disk layers lie on each other, and only the overlay takes writes', () => {
  const disk = [
    { path: '/a, "b"', format: 'raw' },
    { path: '/c', format: 'qcow2' },
  ] as const
  const [text = ''] = valuesOf(chassisArguments(qemu, chassis, { ...backends, disk }), '-blockdev')
  expect(JSON.parse(text)).toMatchObject({
    driver: 'qcow2',
    file: { filename: '/dev/fdset/1' },
    backing: {
      driver: 'qcow2',
      file: { filename: '/c' },
      'read-only': true,
      backing: { driver: 'raw', file: { filename: '/a, "b"' }, 'read-only': true },
    },
  })
  expect(JSON.parse(text)).not.toHaveProperty('read-only')
  expect(JSON.parse(text)).not.toHaveProperty('backing.backing.backing')
})

test('memory is a private mapping of its file, which a newer QEMU opens only to read', () => {
  const [older, newer] = [false, true].map((readonlyMemory): unknown => {
    const [text = ''] = valuesOf(chassisArguments({ ...qemu, readonlyMemory }, chassis, backends), '-object')
    return JSON.parse(text)
  })
  const common = { 'mem-path': '/cache/memory', share: false, size: 2 ** 30 }
  expect(older).toMatchObject(common)
  expect(older).not.toHaveProperty('readonly')
  expect(newer).toMatchObject({ ...common, readonly: true, rom: 'off' })
})

checkLeaks()
