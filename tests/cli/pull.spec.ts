import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import { digestOf, FileServer, someDisk, stallAfter } from '../fixtures/file-server.ts'
import { checkLeaks } from '../fixtures/leaks.ts'
import { fledge } from './run-fledge.ts'

test('fledge images pull downloads, and prints where that is', async () => {
  const cache = await mkdtemp(join(tmpdir(), 'fledge-pull-'))
  try {
    const disk = someDisk()
    await using server = await FileServer.start(disk, stallAfter(disk.length / 2))
    const env = { FLEDGE_CACHE: cache, FLEDGE_TIME_FACTOR: '0.1', NO_PROXY: '*' }
    const name = `${server.url()}#sha256=${digestOf(disk)}`
    const { code, stdout, stderr } = await fledge(['images', 'pull', name], { env })
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('pulling http://127.0.0.1') })
    const [what, path = ''] = stdout.toString().trim().split('\n')
    expect(what).toBe(`${server.url()}: qcow2, 3.0 MiB, sha256:${digestOf(disk)}`)
    expect(digestOf(await readFile(path))).toBe(digestOf(disk))
    const list = await fledge(['cache', 'ls'], { env })
    expect(list.stdout.toString()).toMatch(/^download +http/m)
    const missing = await fledge(['images', 'pull', server.url()], { env })
    expect(missing.code).toBe(2)
    expect(missing.stderr).toContain('#sha256=')
  } finally {
    await rm(cache, { recursive: true })
  }
})

checkLeaks()
