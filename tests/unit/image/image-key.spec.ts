import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { contentKey, folderName, lookupKey, preparedKey } from '../../../src/image/image-key.ts'
import { recipeDigest, recipeFor } from '../../../src/image/recipe/recipe.ts'
import { resolveImage } from '../../../src/image/resolve-image.ts'

const spec = resolveImage('debian:13-minimal')

test('lookupKey() changes with suite, packages asked for, mirror and recipe', () => {
  const keys = [
    lookupKey(spec, 'a'),
    lookupKey(spec, 'b'),
    lookupKey(resolveImage('debian:12-minimal'), 'a'),
    lookupKey(resolveImage('debian:13-minimal+nginx'), 'a'),
    lookupKey(resolveImage('debian:13-minimal', { mirror: 'http://mirror.example/debian' }), 'a'),
  ]
  expect(new Set(keys).size).toBe(keys.length)
  expect(lookupKey(resolveImage('debian:trixie-minimal'), 'a')).toBe(keys[0])
})

test('contentKey() changes with the versions of packages, not with the mirror', () => {
  const key = contentKey(spec, 'a', ['bash=1'])
  expect(contentKey(spec, 'a', ['bash=2'])).not.toBe(key)
  expect(contentKey(spec, 'b', ['bash=1'])).not.toBe(key)
  expect(contentKey({ ...spec, mirror: 'http://mirror.example/debian' }, 'a', ['bash=1'])).toBe(key)
})

test('preparedKey() changes with the agent', () => {
  expect(preparedKey('a', 'b')).not.toBe(preparedKey('a', 'c'))
})

test('folderName() can be read, and is a name on any file system', () => {
  const { name } = resolveImage('debian:13-minimal+g++,nginx')
  expect(folderName(name, 'f'.repeat(64))).toBe('debian-13-minimal-g-nginx-ffffffffffff')
  expect(folderName('x'.repeat(500), 'f'.repeat(64)).length).toBeLessThan(100)
})

test('recipeDigest() is the same each time, and covers what mmdebstrap is told', () => {
  expect(recipeDigest('trixie')).toMatch(/^[0-9a-f]{64}$/)
  expect(recipeDigest('trixie')).toBe(recipeDigest('trixie'))
  expect(recipeDigest('testing')).not.toBe(recipeDigest('trixie'))
  const { arguments: args } = recipeFor('trixie', ['nginx'], 'f'.repeat(32))
  expect(args.find((one) => one.startsWith('--include='))).toMatch(/,nginx$/)
  expect(args.join('\n')).toContain(`echo ${'f'.repeat(32)} > /etc/machine-id`)
})

test('recipeFor() masks what has a schedule of its own, whether it is there or not', () => {
  const script = recipeFor('trixie', [], '').arguments.join('\n')
  const masked = /^systemctl --quiet mask (.*)$/m.exec(script)?.[1]?.split(' ')
  expect(masked).toEqual(
    expect.arrayContaining([
      'apt-daily.timer',
      'apt-daily-upgrade.service',
      'unattended-upgrades.service',
      'man-db.timer',
    ]),
  )
})

checkLeaks()
