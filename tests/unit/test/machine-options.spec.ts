import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { anchorShares, templateOptions } from '../../../src/test/machine-options.ts'

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
  expect(templateOptions({ memoryMiB: 512, cpus: undefined, diskGiB: undefined })).toEqual({ memoryMiB: 512 })
})

checkLeaks()
