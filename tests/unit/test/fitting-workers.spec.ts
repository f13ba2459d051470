import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { fittingWorkers } from '../../../src/test/fitting-workers.ts'

test('fittingWorkers() gives each machine two CPUs and room for its memory', () => {
  expect(fittingWorkers({ cpus: 8, freeMiB: 64_000 })).toBe(4)
  expect(fittingWorkers({ cpus: 64, freeMiB: 4_000 })).toBe(3)
  expect(fittingWorkers({ cpus: 1, freeMiB: 500 })).toBe(1)
  expect(fittingWorkers()).toBeGreaterThan(0)
})

checkLeaks()
