import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { MisuseError } from '../../../src/index.ts'
import { checkOptions } from '../../../src/util/check-options.ts'
import { anchorShares, machineChecks, templateOptions } from '../../../src/test/machine-options.ts'

test('anchorShares() takes relative sources from the folder, and leaves the rest', () => {
  const shares = { '/a': './dist', '/b': { source: 'src', access: 'overlay' }, '/c': '/etc' } as const
  expect(anchorShares(shares, '/project')).toEqual({
    '/a': '/project/dist',
    '/b': { source: '/project/src', access: 'overlay' },
    '/c': '/etc',
  })
})

test('anchorShares() leaves what is not a share to the check of launch()', () => {
  const wrong = [['/a', '/b'], undefined, { '/a': 3 }] as unknown as Record<string, string>[]
  for (const shares of wrong) expect(anchorShares(shares, '/project')).toEqual(shares)
})

test('templateOptions() leaves out what is not given', () => {
  const none = {
    firmware: undefined,
    memoryMiB: undefined,
    cpus: undefined,
    diskGiB: undefined,
    cold: undefined,
  }
  expect(templateOptions({ ...none, memoryMiB: 512 })).toEqual({ memoryMiB: 512 })
  const all = { memoryMiB: 512, cpus: 1, diskGiB: 9, firmware: 'uefi', cold: true } as const
  expect(templateOptions(all)).toEqual(all)
})

function using(option: string, value: unknown): () => void {
  return () => checkOptions('test.use', { [option]: value }, machineChecks)
}

const choices = { evidence: ['on-failure', 'always', 'never'], network: ['user', 'none'] } as const

for (const [option, right] of Object.entries(choices)) {
  test(`test.use takes each ${option} that there is, and refuses all else by name and value`, () => {
    for (const value of right) expect(using(option, value)).not.toThrow()
    for (const value of ['', 'ALWAYS', 'sometimes', ' none', true, false, 0, null, ['always'], {}]) {
      expect(using(option, value)).toThrow(MisuseError)
      expect(using(option, value)).toThrow(`Cannot use ${option} `)
      for (const each of right) expect(using(option, value)).toThrow(`"${each}"`)
    }
  })
}

checkLeaks()
