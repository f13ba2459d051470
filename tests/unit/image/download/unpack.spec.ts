import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { downloadImage } from '../../../../src/image/download/download-image.ts'
import { unpack } from '../../../../src/image/download/unpack.ts'
import { findProgram } from '../../../../src/util/find-program.ts'
import { digestOf, FileServer } from '../../../fixtures/file-server.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'
import { buildOf, test } from './test-download.ts'

/** A disk of 64 MiB with little in it, packed. */
const disk = Buffer.alloc(64 * 2 ** 20)
disk.write('a boot loader', 0)
disk.write('a file', 33 * 2 ** 20 + 4096)
const packers = { gz: ['gzip'], xz: ['xz', '-1'], zst: ['zstd', '-q', '--long=27'] } as const
const { signal } = new AbortController()

function pack(compression: keyof typeof packers): Buffer {
  const [program, ...args] = packers[compression]
  return execFileSync(program, [...args, '-c'], { input: disk, maxBuffer: 2 ** 26 })
}

for (const compression of ['gz', 'xz', 'zst'] as const) {
  test(`downloadImage() unpacks ${compression}, with holes, and keeps the unpacked disk only`, async ({
    cached,
  }) => {
    test.skip(
      (await findProgram(packers[compression][0])) === undefined,
      `there is no ${packers[compression][0]}`,
    )
    const body = pack(compression)
    await using server = await FileServer.start(body)
    const image = await downloadImage(
      'some:1',
      buildOf({ body, url: server.url() }, { compression, format: 'raw' }),
    )
    expect(image).toMatchObject({ format: 'raw', digest: `sha256:${digestOf(body)}` })
    expect(digestOf(await readFile(image.disk))).toBe(digestOf(disk))
    const { size, blocks } = await stat(image.disk)
    expect(size).toBe(disk.length)
    expect(blocks * 512).toBeLessThan(2 ** 20)
    expect(await cached()).toHaveLength(1)
    expect(image.disk).toMatch(/disk\.raw$/)
  })

  test(`unpack() tells of a ${compression} file that is damaged`, async ({ folder }) => {
    test.skip(
      (await findProgram(packers[compression][0])) === undefined,
      `there is no ${packers[compression][0]}`,
    )
    const body = pack(compression)
    const tries = [body.subarray(0, body.length / 2), Buffer.from('none at all')]
    for (const [index, bytes] of tries.entries()) {
      await writeFile(join(folder, `${index}`), bytes)
      await expect(
        unpack(compression, join(folder, `${index}`), join(folder, `${index}-disk`), {
          name: 'some:1',
          signal,
        }),
      ).rejects.toMatchObject({
        code: 'ERR_FLEDGE_IMAGE_INVALID',
        message: `Cannot unpack "some:1": it is no whole ${compression} file`,
      })
    }
  })
}

for (const [compression, program, name] of [
  ['xz', 'xz', 'xz-utils'],
  ['zst', 'zstd', 'zstd'],
] as const) {
  test(`downloadImage() says how to get ${program}, and has the file when it is there`, async ({
    folder,
    cached,
  }) => {
    test.skip((await findProgram(program)) === undefined, `there is no ${program}`)
    const body = pack(compression)
    await using server = await FileServer.start(body)
    const build = buildOf({ body, url: server.url() }, { compression })
    const before = process.env['PATH']
    const bin = await mkdtemp(join(folder, 'bin-'))
    for (const tool of ['flock', 'setpriv', 'sh', 'cat'])
      await symlink((await findProgram(tool)) ?? '', join(bin, tool))
    process.env['PATH'] = bin
    try {
      await expect(downloadImage('some:1', build)).rejects.toMatchObject({
        code: 'ERR_FLEDGE_TOOL_MISSING',
        hint: expect.stringContaining(`apt-get install ${name}`),
      })
    } finally {
      process.env['PATH'] = before
    }
    expect(digestOf(await readFile((await downloadImage('some:1', build)).disk))).toBe(digestOf(disk))
    expect(server.asked).toHaveLength(1)
    expect(await cached()).toHaveLength(1)
  })
}

checkLeaks()
