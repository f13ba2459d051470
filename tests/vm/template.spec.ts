import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { launch, prepare, type NoticeMessage } from '../../src/index.ts'
import { normalizeLaunchOptions } from '../../src/machine/launch-options.ts'
import { templateFor, templateSpec } from '../../src/machine/template-for.ts'
import { folderName } from '../../src/image/image-key.ts'
import { templateKey } from '../../src/template/template-key.ts'
import { readManifest } from '../../src/template/manifest.ts'
import { bootToIdle } from '../../src/template/boot.ts'
import { templatesFolder } from '../../src/template/template.ts'
import { brokenFiles } from '../../src/util/file-record.ts'
import { checkLeaks, ownChildren } from '../fixtures/leaks.ts'
import { expect, image, test } from '../fixtures/machine.ts'
import { firstAnswer, runProgram } from '../fixtures/run-program.ts'

/** A size that no one else uses, so that the template is made here. */
const oddMemory = 328

/** What `prepare-template.mjs` says. */
interface Answer {
  readonly reused: boolean
  readonly steps: readonly string[]
  readonly notices: readonly string[]
}

async function templatesOf(memoryMiB: number): Promise<string[]> {
  const names = await readdir(templatesFolder())
  const found = await Promise.all(
    names.map(async (name) => {
      const manifest = await readManifest(join(templatesFolder(), name))
      return manifest?.chassis.memoryMiB === memoryMiB ? [join(templatesFolder(), name)] : []
    }),
  )
  return found.flat()
}

/** The template that launches without options use. */
async function usualTemplate(): Promise<string> {
  return (await templateFor(image, normalizeLaunchOptions({}))).template.folder
}

/** What is half made of the template of a memory size; other test files bake beside this one. */
async function partialsOf(memoryMiB: number): Promise<string[]> {
  const spec = await templateSpec(image, normalizeLaunchOptions({ memoryMiB }))
  const name = folderName(spec.image.name, templateKey(spec))
  return (await readdir(templatesFolder())).filter((each) => each.startsWith(`.partial-${name}-`))
}

test.describe.serial('baking', () => {
  test.beforeAll(async () => {
    for (const folder of await templatesOf(oddMemory)) await rm(folder, { recursive: true })
  })

  test('an abort while it boots leaves nothing', async () => {
    const controller = new AbortController()
    const baking = prepare(image, { memoryMiB: oddMemory, signal: controller.signal })
    await expect
      .poll(() => ownChildren(), { timeout: 30_000 })
      .toContainEqual(expect.stringContaining('qemu'))
    controller.abort()
    await expect(baking).rejects.toMatchObject({ code: 'ERR_FLEDGE_ABORTED' })
    expect(await ownChildren()).toEqual([])
    expect(await partialsOf(oddMemory)).toEqual([])
    expect(await templatesOf(oddMemory)).toEqual([])
  })

  test('ten processes that want it bake it once, though the first one to bake is killed', async () => {
    test.setTimeout(0)
    const programs = Array.from({ length: 10 }, () => runProgram('prepare-template.mjs', String(oddMemory)))
    const told = programs.map(() => '')
    for (const [index, program] of programs.entries())
      program.stderr.on('data', (bytes: Buffer) => (told[index] += bytes.toString()))
    const answers = programs.map((program) => firstAnswer<Answer>(program).catch(() => undefined))
    const waiting = /Another process makes the template .*; waiting for it/
    await expect
      .poll(() => told.filter((text) => waiting.test(text)).length, { timeout: 120_000 })
      .toBe(programs.length - 1)
    const baker = programs[told.findIndex((text) => text.includes('start booting'))]
    await expect
      .poll(() => ownChildren(baker?.pid), { timeout: 60_000 })
      .toContainEqual(expect.stringContaining('qemu'))
    const children = await ownChildren(baker?.pid)
    baker?.kill('SIGKILL')
    const pids = new Set(children.map((child) => /\((\d+)\)/.exec(child)?.[1]))
    await expect
      .poll(async () => (await readdir('/proc')).filter((name) => pids.has(name)), { timeout: 10_000 })
      .toEqual([])

    const others = (await Promise.all(answers)).filter((answer) => answer !== undefined)
    expect(others).toHaveLength(9)
    expect(others.filter(({ reused }) => !reused)).toHaveLength(1)
    expect(others.flatMap(({ steps }) => steps).filter((title) => title.startsWith('booting'))).toHaveLength(
      1,
    )
    // Each has waited, for one or two others, and said so once.
    for (const { notices } of others) expect(notices.filter((each) => waiting.test(each))).toHaveLength(1)
    // What the killed one had begun is swept away.
    expect(await partialsOf(oddMemory)).toEqual([])
  })

  test('a machine of it has that memory', async () => {
    await using vm = await launch(image, { memoryMiB: oddMemory })
    const { stdout } = await vm.succeed('awk "/MemTotal/ { print \\$2 }" /proc/meminfo')
    expect(Number(stdout)).toBeLessThan(oddMemory * 1024)
    expect(Number(stdout)).toBeGreaterThan(oddMemory * 1024 * 0.7)
  })

  test('a flipped bit is found, and a changed file is not used', async () => {
    const [folder = ''] = await templatesOf(oddMemory)
    const manifest = await readManifest(folder)
    if (!manifest) throw new Error('no manifest')
    expect(await brokenFiles(folder, manifest.files)).toEqual([])
    {
      await using memory = await open(join(folder, 'memory'), 'r+')
      const byte = Buffer.alloc(1)
      await memory.read(byte, 0, 1, 0x100_0000)
      await memory.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, 0x100_0000)
    }
    expect(await brokenFiles(folder, manifest.files)).toEqual(['memory'])
    await rm(folder, { recursive: true })
  })
})

test('an image that does not come up in time is booted once more, and then is an error with its console', async () => {
  const notices: string[] = []
  const listen = (message: unknown): void => void notices.push((message as NoticeMessage).message)
  subscribe('fledge:notice', listen)
  process.env['FLEDGE_TIME_FACTOR'] = '0.02'
  try {
    await expect(prepare(image, { memoryMiB: oddMemory + 1 })).rejects.toMatchObject({
      code: 'ERR_FLEDGE_BAKE',
    })
  } finally {
    delete process.env['FLEDGE_TIME_FACTOR']
    unsubscribe('fledge:notice', listen)
  }
  expect(notices).toContainEqual(
    expect.stringMatching(/its agent did not answer within \d+ s; it is booted once more/),
  )
  expect(await partialsOf(oddMemory + 1)).toEqual([])
  expect(await ownChildren()).toEqual([])
})

test('a kernel that panics before it has drivers is seen on its console, long before it is late', async () => {
  const spec = await templateSpec(image, normalizeLaunchOptions({}))
  const { direct } = spec.image
  if (!direct) throw new Error('it is not started by QEMU')
  const broken = {
    ...spec,
    image: {
      ...spec.image,
      direct: { ...direct, arguments: 'console=ttyS0 rdinit=/none root=/dev/none' },
    },
  }
  const folder = await mkdtemp(join(tmpdir(), 'fledge-test-'))
  try {
    const error: unknown = await bootToIdle(broken, folder, { update: () => {} }).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({
      code: 'ERR_FLEDGE_BAKE',
      cause: { code: 'ERR_FLEDGE_GUEST_PANIC' },
      consoleTail: expect.stringContaining('Kernel panic'),
    })
  } finally {
    await rm(folder, { recursive: true })
  }
  expect(await ownChildren()).toEqual([])
})

test('a template with another nonce is not taken for a clone', async () => {
  const folder = await usualTemplate()
  const manifest = await readManifest(folder)
  if (!manifest) throw new Error('no manifest')
  const text = await readFile(join(folder, 'manifest.json'), 'utf8')
  const path = join(folder, 'manifest.json')
  await writeFile(path, text.replace(manifest.memoryNonce, '0'.repeat(32)))
  try {
    await expect(launch(image)).rejects.toMatchObject({ code: 'ERR_FLEDGE_CLONE' })
  } finally {
    await writeFile(path, text)
  }
})

test('clones leave the template as it was', async () => {
  const folder = await usualTemplate()
  const before = await stat(join(folder, 'memory'))
  {
    await using vm = await launch(image)
    await vm.succeed(
      'dd if=/dev/urandom of=/dev/shm/x bs=1M count=50 2>/dev/null; cp /dev/shm/x /root/x; sync',
    )
  }
  const after = await stat(join(folder, 'memory'))
  expect([after.mtimeMs, after.ino, after.blocks]).toEqual([before.mtimeMs, before.ino, before.blocks])
  const manifest = await readManifest(folder)
  expect(manifest && (await brokenFiles(folder, manifest.files))).toEqual([])
})

checkLeaks()
