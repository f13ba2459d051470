import { execFile, spawnSync } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect } from '@playwright/test'

import { installScript } from '../../../../src/image/cloud/install-script.ts'
import { seedDigest, writeSeed } from '../../../../src/image/cloud/seed.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'
import { test } from '../../test-in-folder.ts'

test('writeSeed() writes what NoCloud reads, and what it brings', async ({ folder }) => {
  const [binary, unit] = [join(folder, 'binary'), join(folder, 'unit')]
  await writeFile(binary, 'the agent')
  await writeFile(unit, 'its unit')
  const seed = join(folder, 'seed')
  await promisify(execFile)('mkdir', [seed])
  await writeSeed(seed, { binary, unit }, { noisyUnits: ['noisy.timer'] })
  expect((await readdir(seed)).toSorted()).toEqual(['fledge', 'meta-data', 'network-config', 'user-data'])
  expect(await readFile(join(seed, 'fledge/agent'), 'utf8')).toBe('the agent')
  expect(await readFile(join(seed, 'fledge/agent.unit'), 'utf8')).toBe('its unit')
  expect(await readFile(join(seed, 'fledge/install.sh'), 'utf8')).toBe(installScript(['noisy.timer']))
  expect(await readFile(join(seed, 'meta-data'), 'utf8')).toMatch(/^instance-id: \S+\n(.*\n)*dsmode: local$/m)
  expect(await readFile(join(seed, 'network-config'), 'utf8')).toBe('config: disabled\n')
  const [first = '', ...rest] = (await readFile(join(seed, 'user-data'), 'utf8')).split('\n')
  // By this line cloud-init knows what it is; JSON is YAML.
  expect(first).toBe('#cloud-config')
  expect(JSON.parse(rest.join('\n'))).toMatchObject({
    cloud_init_modules: ['bootcmd', 'users-groups'],
    cloud_config_modules: [],
    cloud_final_modules: [],
  })
})

test('another unit to mask makes another seed', () => {
  expect(seedDigest({ noisyUnits: [] })).toBe(seedDigest({ noisyUnits: [] }))
  expect(seedDigest({ noisyUnits: ['noisy.timer'] })).not.toBe(seedDigest({ noisyUnits: [] }))
})

test('the script that installs the agent is one that any shell reads', async ({ folder }) => {
  const path = join(folder, 'install.sh')
  const script = installScript(['noisy.timer'])
  await writeFile(path, script)
  await promisify(execFile)('dash', ['-n', path])
  // Every here-document ends: nothing of the script is a part of one.
  const opened = script.match(/<<'?FLEDGE_FILE'?$/gm) ?? []
  const closed = script.match(/^FLEDGE_FILE$/gm) ?? []
  expect(closed).toHaveLength(opened.length)
  expect(opened.length).toBeGreaterThan(4)
})

test('the script that installs the agent refuses a guest whose seed is read by something less than cloud-init', () => {
  // Nothing else can be started by it either.
  const env = { PATH: '/nowhere' }
  const run = spawnSync('/bin/sh', ['-s', '/seed'], { input: installScript([]), env, encoding: 'utf8' })
  expect(run.stderr).toBe('what reads its seed is not cloud-init\n')
  expect(run.stdout).toBe('')
  expect(run.status).toBe(1)
})

checkLeaks()
