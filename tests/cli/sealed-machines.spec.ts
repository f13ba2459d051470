import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../fixtures/leaks.ts'
import { ownOwner } from '../fixtures/own-owner.ts'
import { prepareImage } from './run-fledge.ts'
import { resultOf, testProject } from './test-project.ts'

prepareImage()

test('sealed tests have machines, with what the project has, and without the host', async () => {
  await using _ = await ownOwner()
  const outside = await mkdtemp(join(tmpdir(), 'outside-'))
  await writeFile(join(outside, 'file'), 'outside')
  const server = createServer((socket) => socket.on('error', () => {}).end('reached'))
  await once(server.listen({ port: 0, host: '127.0.0.1' }), 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  await using project = await testProject({
    'a.spec.js': `
import { expect, test } from 'fledge/test'
const hosts = 'timeout 20 bash -c "cat < /dev/tcp/10.0.2.2/${port}"'
test.describe('within', () => {
  test.use({ shares: { '/mnt/data': './data' } })
  test('a share of the project', async ({ vm }) => {
    expect((await vm.succeed('cat /mnt/data/file')).stdout).toBe('inside')
    expect((await vm.execute(hosts)).stdout).not.toContain('reached')
  })
})
test.describe('without', () => {
  test.use({ shares: { '/mnt/outside': ${JSON.stringify(outside)} } })
  test('a share from outside', async ({ vm }) => void vm)
})
`,
    'data/file': 'inside',
  })
  const sealed = await project.run('--sandbox', '--reporter=json', '--workers=1')
  expect(resultOf(sealed, 'a share of the project'), sealed.output).toMatchObject({ status: 'passed' })
  expect(resultOf(sealed, 'a share from outside')).toMatchObject({ status: 'failed' })
  expect(resultOf(sealed, 'a share from outside').error?.message).toContain(outside)
  // The host's own port is one that a guest reaches otherwise, so the first of them fails there.
  const plain = await project.run('--reporter=json', '--workers=1')
  expect(resultOf(plain, 'a share from outside')).toMatchObject({ status: 'passed' })
  expect(resultOf(plain, 'a share of the project').error?.message).toContain('reached')
  server.close()
  await once(server, 'close')
  await rm(outside, { recursive: true })
})

checkLeaks()
