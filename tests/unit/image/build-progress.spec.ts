import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { buildProgress } from '../../../src/image/build-progress.ts'

test('buildProgress() counts downloads and packages, and says when the system is fitted', () => {
  const told: string[] = []
  const read = buildProgress((detail) => told.push(detail))
  for (const line of [
    'Get:1 http://mirror.example/debian trixie InRelease [140 kB]',
    '0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.',
    'Get:2 http://mirror.example/debian trixie/main amd64 a [1 kB]',
    'Unpacking a (1) ...',
    'Unpacking b (1) ...',
    'Setting up a (1) ...',
    'Setting up b (1) ...',
    'I: running --customize-hook in shell: sh -c x',
  ]) {
    read(line)
  }
  expect(told).toEqual([
    'reading package lists',
    'downloading packages, 1 of 2',
    'installing packages, 1 of 2',
    'installing packages, 1 of 2',
    'installing packages, 2 of 2',
    'installing packages, 2 of 2',
    'fitting the system for tests',
  ])
})

checkLeaks()
