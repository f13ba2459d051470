import { expect, test } from '@playwright/test'

import { describe } from '../../../bench/describe.ts'
import { ratiosOf } from '../../../bench/figures.ts'
import { rate, summarize } from '../../../bench/times.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

const times = (medianMs: number) => ({ medianMs, p95Ms: medianMs * 2, count: 20 })

test('summarize gives the middle, and what 95 % do not pass', () => {
  const all = Array.from({ length: 20 }, (_, index) => 20 - index)
  expect(summarize(all)).toEqual({ medianMs: 11, p95Ms: 20, count: 20 })
  expect(summarize([7])).toEqual({ medianMs: 7, p95Ms: 7, count: 1 })
})

test('rate counts millions of bytes in a second', () => {
  expect(rate(64_000_000, 500)).toBe(128)
})

test('ratiosOf compares what was measured, and leaves out the rest', () => {
  expect(ratiosOf({})).toEqual({})
  expect(ratiosOf({ exec: times(300) })).toEqual({})
  expect(
    ratiosOf({
      coldBoot: { agentMs: 8_000, idleMs: 15_000 },
      clone: { answer: times(100), ready: times(150), exitStatus: times(250), moments: {} },
      floor: { answer: times(80), exitStatus: times(200) },
      exec: times(375),
    }),
  ).toEqual({
    coldBootToAnswer: 150,
    coldBootToClone: 60,
    answerToFloor: 1.25,
    cloneToFloor: 1.25,
    execToClone: 1.5,
  })
  expect(
    ratiosOf({
      shell: { prompt: times(600), clone: times(250), node: times(50) },
      keystroke: { fledge: times(3), bare: times(1.5) },
    }),
  ).toEqual({ shellToClone: 2, keystrokeToBare: 2 })
})

test('describe puts ratios first, aligned, and says nothing of what was left out', () => {
  const text = describe({
    host: { cpu: 'Some CPU', cpus: 2, memoryMiB: 4096, kernel: '6.1' },
    accelerator: 'tcg',
    qemu: '7.2.22',
    image: 'debian:13-minimal',
    ratios: { coldBootToAnswer: 123.4, cloneToFloor: 1.159 },
    floor: { answer: times(1_080), exitStatus: times(200) },
    skipped: ['prepare, as it is built from packages'],
  })
  expect(text).toBe(`debian:13-minimal under tcg (QEMU 7.2.22) on 2 × Some CPU, Linux 6.1

  123.4  a boot until it is idle, to a clone until it answers
   1.16  a clone until it has run "true", to the least that QEMU needs

least until it answers        1,080 ms, 95 % within 2,160 ms (20)
least until "true" has ended  200 ms, 95 % within 400 ms (20)
Not measured: prepare, as it is built from packages`)
})

checkLeaks()
