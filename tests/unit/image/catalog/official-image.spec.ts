import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../../fixtures/leaks.ts'
import { hasEnded, imageCatalog } from '../../../../src/image/catalog/catalog.ts'
import { findOfficialImage, hostArchitecture } from '../../../../src/image/catalog/official-image.ts'

test('findOfficialImage() finds each entry by its name and all others, each in its build', () => {
  for (const entry of imageCatalog()) {
    for (const name of [entry.name, ...entry.aliases]) {
      const found = findOfficialImage(name, 'x86_64')
      expect(found).toEqual({ entry, architecture: 'x86_64', build: entry.builds.x86_64 })
    }
  }
})

test('findOfficialImage() takes the build of this host by default', () => {
  const found = findOfficialImage('debian:stable')
  expect(found?.architecture).toBe(hostArchitecture())
  expect(found?.build).toBe(found?.entry.builds[hostArchitecture()])
})

test('findOfficialImage() knows none of other names', () => {
  for (const name of ['debian:13-minimal', 'debian:', ':13', 'Debian:13', '', 'debian:*', '__proto__']) {
    expect(findOfficialImage(name)).toBeUndefined()
  }
})

test('findOfficialImage() says for which processors an image is there, when it is not for the wanted one', () => {
  expect(() => findOfficialImage('arch', 'aarch64')).toThrow(
    expect.objectContaining({
      code: 'ERR_FLEDGE_IMAGE_NOT_FOUND',
      message: 'Cannot find "arch" for aarch64: Arch Linux has images for x86_64',
      hint: expect.stringContaining('fledge.images.json'),
    }),
  )
})

test('support ends after its last day', () => {
  const entry = { endOfLife: '2027-06-01' }
  expect(hasEnded(entry, new Date('2027-06-01T23:59:59Z'))).toBe(false)
  expect(hasEnded(entry, new Date('2027-06-02T00:00:00Z'))).toBe(true)
  expect(hasEnded({}, new Date('2999-01-01'))).toBe(false)
})

test('the catalog says of everything whose support has ended that it has', () => {
  const today = new Date().toISOString().slice(0, 10)
  for (const { name, status, endOfLife = '9999' } of imageCatalog()) {
    if (endOfLife < today) expect(status, name).toBe('eol')
  }
})

checkLeaks()
