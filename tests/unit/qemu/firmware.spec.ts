import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test as base } from '@playwright/test'

import { findUefi } from '../../../src/qemu/firmware.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

const test = base.extend<{ folder: string }>({
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'fledge-test-'))
    await use(folder)
    await rm(folder, { recursive: true })
  },
})

interface Choice {
  readonly features?: readonly string[]
  readonly machines?: readonly string[]
  readonly device?: string
  readonly format?: string
}

/** Describes a firmware as its packages do, and makes its files. */
async function describe(folder: string, name: string, choice: Choice = {}): Promise<void> {
  const { features = ['acpi-s3'], machines = ['pc-q35-*'], device = 'flash', format = 'raw' } = choice
  const [code, variables] = [join(folder, `${name}.code`), join(folder, `${name}.vars`)]
  await writeFile(code, `code of ${name}`)
  await writeFile(variables, `variables of ${name}`)
  const descriptor = {
    description: name,
    'interface-types': ['uefi'],
    mapping: {
      device,
      executable: { filename: code, format },
      'nvram-template': { filename: variables, format },
    },
    targets: [{ architecture: 'x86_64', machines }],
    features,
    tags: [],
  }
  await writeFile(join(folder, `${name}.json`), JSON.stringify(descriptor))
}

const secure = ['requires-smm', 'secure-boot', 'enrolled-keys']

test('findUefi() takes the first that is of the kind, for a PC with PCI Express, and whose files are there', async ({
  folder,
}) => {
  await writeFile(join(folder, '10-broken.json'), '{')
  await writeFile(join(folder, '11-not-one.json'), '[]')
  await describe(folder, '20-memory', { device: 'memory' })
  await describe(folder, '25-microvm', { machines: ['microvm'] })
  await describe(folder, '30-gone')
  await rm(join(folder, '30-gone.vars'))
  await describe(folder, '40-secure', { features: secure })
  await describe(folder, '45-no-keys', { features: secure.slice(0, 2) })
  await describe(folder, '50-plain', { machines: ['pc-i440fx-*', 'pc-q35-*'], format: 'qcow2' })
  await describe(folder, '60-plain')
  expect(await findUefi('uefi', [folder])).toMatchObject({
    kind: 'uefi',
    code: join(folder, '50-plain.code'),
    variables: join(folder, '50-plain.vars'),
    format: 'qcow2',
  })
  expect(await findUefi('secure-boot', [folder])).toMatchObject({
    kind: 'secure-boot',
    code: join(folder, '40-secure.code'),
    format: 'raw',
  })
})

test('findUefi() knows a firmware by its content', async ({ folder }) => {
  await describe(folder, 'one')
  const { digest } = await findUefi('uefi', [folder])
  expect((await findUefi('uefi', [folder])).digest).toBe(digest)
  await writeFile(join(folder, 'one.vars'), 'others')
  expect((await findUefi('uefi', [folder])).digest).not.toBe(digest)
})

test('a description in a later folder takes the place of one of the same name', async ({ folder }) => {
  await using own = {
    path: await mkdtemp(join(tmpdir(), 'fledge-test-')),
    [Symbol.asyncDispose]() {
      return rm(this.path, { recursive: true })
    },
  }
  await describe(folder, 'one')
  await describe(own.path, 'one')
  expect((await findUefi('uefi', [folder, own.path])).code).toBe(join(own.path, 'one.code'))
})

for (const kind of ['uefi', 'secure-boot'] as const) {
  test(`findUefi() without one for "${kind}" says what to install`, async ({ folder }) => {
    await expect(findUefi(kind, [folder, join(folder, 'none')])).rejects.toMatchObject({
      code: 'ERR_FLEDGE_TOOL_MISSING',
      message: expect.stringMatching(
        new RegExp(`^Cannot find a firmware for "${kind}": none is described in "`),
      ),
      hint: expect.stringContaining('apt-get install ovmf'),
    })
  })
}

checkLeaks()
