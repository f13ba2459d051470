import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { expect } from '@playwright/test'

import { firstLine } from '../../../src/owner/remote/first-line.ts'
import { findOwner } from '../../../src/owner/remote/reach-owner.ts'
import { Owner } from '../../../src/serve/owner.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { test } from '../test-in-folder.ts'

test('an owner is gone when it has had no client for a while, and not before', async ({ folder }) => {
  const path = join(folder, 'owner.sock')
  const owner = await Owner.listen(path, { idleMs: 200 })
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  let idle = false
  void owner.idle.then(() => (idle = true))
  const client = await findOwner(path)
  await sleep(400)
  expect(idle).toBe(false)
  expect(await client?.list()).toEqual([])
  client?.[Symbol.dispose]()
  await owner.idle
  await owner.close()
  expect(existsSync(path)).toBe(false)
  expect(await findOwner(path)).toBeUndefined()
})

test('an owner refuses who does not speak as it does, and goes on', async ({ folder }) => {
  const path = join(folder, 'owner.sock')
  const owner = await Owner.listen(path)
  for (const line of ['no json', '{}', '{"build":"0.0.1","open":"control"}', '{"build":5,"open":"agent"}']) {
    const socket = connect(path)
    socket.write(`${line}\n`)
    const answer: unknown = JSON.parse((await firstLine(socket)) ?? '')
    expect(answer).toEqual({ build: expect.any(String), refused: expect.any(String) })
    socket.destroy()
  }
  const client = await findOwner(path)
  await expect(client?.ask('launch', { image: 5 })).rejects.toMatchObject({ code: 'ERR_FLEDGE_OPTION' })
  await expect(client?.ask('attach', { id: 'none' })).rejects.toMatchObject({ code: 'ERR_FLEDGE_OWNER' })
  await expect(client?.ask('fly')).rejects.toMatchObject({ code: 'ERR_FLEDGE_OWNER' })
  await expect(client?.launch('debian:13-minimal', { cpus: 'many' }, { keep: false })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_OPTION',
    name: 'MisuseError',
  })
  client?.[Symbol.dispose]()
  await owner.close()
})

checkLeaks()
