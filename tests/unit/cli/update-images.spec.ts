import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { updateCommand } from '../../../src/cli/update-command.ts'
import { describeUpdates, updateOfficialImages } from '../../../src/cli/update-images.ts'
import { FledgeError, type ImageUpdate } from '../../../src/index.ts'
import { sampleEntry } from '../image/updates/sample.ts'
import { printed } from './printed.ts'

const updates: readonly ImageUpdate[] = [
  {
    image: 'debian:13',
    architecture: 'x86_64',
    outcome: 'updated',
    from: '1',
    to: '2',
    verifiedBy: 'digest over HTTPS',
  },
  {
    image: 'rocky:9',
    architecture: 'aarch64',
    outcome: 'updated',
    to: '9.8',
    verifiedBy: 'signature of AB',
    remark: 'so',
  },
  { image: 'arch:rolling', architecture: 'x86_64', outcome: 'current', from: '5', to: '5' },
  { image: 'debian:10', architecture: 'x86_64', outcome: 'skipped', remark: 'past its end of life' },
  {
    image: 'gentoo:rolling',
    architecture: 'x86_64',
    outcome: 'failed',
    error: new FledgeError('ERR_FLEDGE_DOWNLOAD', 'Cannot read it', { hint: 'Try again' }),
  },
]

test('describeUpdates() prints what has changed, and what has not and why', () => {
  expect(describeUpdates(updates, { dryRun: false })).toBe(
    [
      'IMAGE      FOR      WAS  IS   VERIFIED BY',
      'debian:13  x86_64   1    2    digest over HTTPS',
      'rocky:9    aarch64  -    9.8  signature of AB (so)',
      'skipped debian:10 (x86_64): past its end of life',
      'failed  gentoo:rolling (x86_64): Cannot read it',
      '        Try again',
      '2 changed, 1 up to date, 1 skipped, 1 failed',
    ].join('\n'),
  )
})

test('describeUpdates() has no table when nothing has changed, and says that a dry run is one', () => {
  expect(describeUpdates(updates.slice(2, 3), { dryRun: true })).toBe(
    '0 would change, 1 up to date, 0 skipped, 0 failed',
  )
})

const none = sampleEntry('none:1', { kind: 'none', index: [] })
// An address that is not read, since it has no HTTPS.
const wrong = sampleEntry('wrong:1', { kind: 'openbsd', index: ['http://x.example.org/releases/latest'] })
const { signal } = new AbortController()

test('updateOfficialImages() ends with status 1 when one failed, and else with 0', async () => {
  const good = await printed(() => updateOfficialImages([none], [], {}, signal))
  expect(good).toEqual({
    result: 0,
    text: 'skipped none:1 (x86_64): it has no index\n0 changed, 0 up to date, 1 skipped, 0 failed\n',
  })
  const bad = await printed(() => updateOfficialImages([none, wrong], ['wrong:1'], { dryRun: true }, signal))
  expect(bad.result).toBe(1)
  expect(bad.text).toContain('failed  wrong:1 (x86_64): Cannot read http://x.example.org/releases/latest')
})

test('updateOfficialImages() prints for programs', async () => {
  const { text } = await printed(() => updateOfficialImages([none, wrong], [], { json: true }, signal))
  expect(JSON.parse(text)).toEqual([
    { image: 'none:1', architecture: 'x86_64', outcome: 'skipped', remark: 'it has no index' },
    {
      image: 'wrong:1',
      architecture: 'x86_64',
      outcome: 'failed',
      error: { code: 'ERR_FLEDGE_DOWNLOAD', message: expect.stringContaining('HTTPS') },
    },
  ])
})

test('fledge images update takes names and options, and gives its exit status', async () => {
  const before = process.exitCode
  try {
    const run = async (...args: readonly string[]): Promise<string> => {
      const command = updateCommand(async () => [none, wrong])
      const { text } = await printed(() => command.parseAsync(['node', 'fledge', ...args]))
      return `${process.exitCode} ${text}`
    }
    expect(await run('none:1', '--dry-run')).toContain('0 skipped none:1')
    expect(await run('wrong:1', '--json')).toMatch(/^1 \[\n/)
  } finally {
    process.exitCode = before
  }
})

checkLeaks()
