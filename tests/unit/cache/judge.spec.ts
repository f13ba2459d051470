import { expect, test } from '@playwright/test'

import { judgeTemplate } from '../../../src/cache/judge.ts'
import type { QemuCapabilities } from '../../../src/qemu/capabilities.ts'
import type { Manifest } from '../../../src/template/manifest.ts'
import { templateChassis, templateKey, type TemplateSpec } from '../../../src/template/template-key.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

const qemu = { version: '7.2.22', package: 'p', machine: 'pc', q35: 'q35' } as QemuCapabilities
const direct = { kernel: '/image/vmlinuz', initrd: '/image/initrd', arguments: 'quiet' }
const image = {
  name: 'i',
  key: 'k',
  folder: '/image',
  cpu: 'x86-64-v1',
  disk: [],
  diskBytes: 1,
  agentDigest: 'a',
} as const
const usual: TemplateSpec = {
  ...{ image: { ...image, direct }, qemu, accelerator: 'tcg', cpus: 2, memoryMiB: 1024, diskSize: 2 ** 30 },
}
const firmware = { kind: 'uefi', code: '/c', variables: '/v', format: 'raw', digest: 'd' } as const
const boot = { kernel: '/own/kernel', arguments: 'x', contents: ['1', ''] }

const specs: Readonly<Record<string, TemplateSpec>> = {
  'the usual hardware': usual,
  UEFI: { ...usual, firmware },
  disks: {
    ...usual,
    disks: [{ name: 'a', size: 512, content: 'c', layers: [{ path: '/f', format: 'raw' }] }],
  },
  'a CD': { ...usual, cdrom: { path: '/iso', content: 'c' } },
  'an own kernel': { ...usual, boot },
  'an own kernel on a disk with a loader': { ...usual, image, boot },
}

/** What a template of that says of itself. */
function manifestOf(spec: TemplateSpec): Manifest {
  const ownBoot = spec.boot && { arguments: spec.boot.arguments, contents: spec.boot.contents }
  return {
    ...{ key: templateKey(spec), chassis: templateChassis(spec), diskSize: spec.diskSize },
    ...(ownBoot ? { ownBoot } : {}),
  } as Manifest
}

for (const [name, spec] of Object.entries(specs)) {
  test(`a template with ${name} is of use as long as it is what would be made now`, () => {
    const below = { entry: {}, prepared: spec.image } as Parameters<typeof judgeTemplate>[2]
    const judge = (now: QemuCapabilities): string | undefined =>
      judgeTemplate({ agent: undefined, qemu: now }, manifestOf(spec), below)
    expect(judge(qemu)).toBeUndefined()
    expect(judge({ ...qemu, version: '9.0.0' })).toContain('another QEMU')
  })
}

test('no two of them have the same key', () => {
  const others: readonly TemplateSpec[] = [
    { ...usual, firmware: { ...firmware, digest: 'other' } },
    { ...usual, firmware: { ...firmware, kind: 'secure-boot' } },
    { ...usual, disks: [{ name: 'a', size: 512, content: 'other', layers: [] }] },
    { ...usual, disks: [{ name: 'a', size: 512, layers: [] }] },
    { ...usual, disks: [{ name: 'b', size: 512, layers: [] }] },
    { ...usual, disks: [{ name: 'a', size: 1024, layers: [] }] },
    { ...usual, cdrom: { path: '/iso', content: 'other' } },
    { ...usual, boot: { ...boot, contents: ['2', ''] } },
    { ...usual, boot: { ...boot, arguments: 'y' } },
  ]
  const keys = [...Object.values(specs), ...others].map(templateKey)
  expect(new Set(keys).size).toBe(keys.length)
  const elsewhere = { ...usual, cdrom: { path: '/moved', content: 'c' } }
  expect(keys).toContain(templateKey(elsewhere))
})

checkLeaks()
