import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import { fledge, prepareImage } from './run-fledge.ts'
import { checkLeaks } from '../fixtures/leaks.ts'

prepareImage()

const number = expect.any(Number)
const rates = { fledgeMBs: number, curlMBs: number }
const times = { medianMs: number, p95Ms: number, count: number }
const crowd = {
  allAnsweredMs: number,
  allReadyMs: number,
  leastAnsweredMs: number,
  privateMiB: number,
  sharedMiB: number,
}
const tree = { shareReadMs: number, shareWriteMs: number, copyInMs: number, copyOutMs: number }

/** What takes seconds each. */
const quick = {
  coldBoot: { agentMs: number, idleMs: number },
  clone: { answer: times, ready: times, exitStatus: times, moments: expect.any(Object) },
  floor: { answer: times, exitStatus: times },
  roundTrip: { fledge: times, shell: times, ssh: times },
  exec: times,
  shell: { prompt: times, clone: times, node: times },
  keystroke: { fledge: times, bare: times },
  test: { fledge: times, empty: times },
  stream: { outMBs: number, inMBs: number, portOutMBs: number, portInMBs: number },
  share: { files: tree, file: tree, count: 2_000, mb: 200 },
}
const quickRatios = {
  coldBootToAnswer: number,
  coldBootToClone: number,
  cloneToFloor: number,
  answerToFloor: number,
  roundTripToShell: number,
  sshToRoundTrip: number,
  execToClone: number,
  shellToClone: number,
  keystrokeToBare: number,
  testToEmpty: number,
  streamOutToPort: number,
  streamInToPort: number,
}

/** What takes minutes together, and is measured by "make test-all". */
const long = {
  parallel: { 1: crowd, 4: crowd, 16: crowd },
  download: { limited: rates, unlimited: rates, limitMBs: 250, mb: 512 },
  suite: { fledgePerMinute: number, fledgeTests: 30, coldPerMinute: number, coldTests: 3 },
  sealed: { tests: 50, plain: times, sealed: times },
  cachedSuite: { tests: 50, first: times, cached: times, empty: times },
}
const longRatios = {
  sixteenToOne: number,
  sixteenToFloor: number,
  downloadToCurl: number,
  unlimitedDownloadToCurl: number,
  suiteToCold: number,
  sealedToPlain: number,
  cachedToAllowed: number,
}

test('fledge bench measures all that it names, and writes it as JSON', async () => {
  test.setTimeout(1_200_000)
  const all = process.env['FLEDGE_TEST_ALL'] === '1'
  const folder = await mkdtemp(join(tmpdir(), 'fledge-test-'))
  try {
    const file = join(folder, 'figures.json')
    const only = all ? [] : ['--only', Object.keys(quick).join(',')]
    const run = await fledge(['bench', '--clones', '2', '--json', file, ...only])
    expect(run.code, run.stderr).toBe(0)
    const report: unknown = JSON.parse(await readFile(file, 'utf8'))
    expect(report).toEqual({
      host: { cpu: expect.any(String), cpus: number, memoryMiB: number, kernel: expect.any(String) },
      accelerator: expect.stringMatching(/^(kvm|tcg)$/),
      qemu: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      image: 'debian:13-minimal',
      ...quick,
      ...(all ? long : {}),
      ratios: { ...quickRatios, ...(all ? longRatios : {}) },
      skipped: all
        ? ['prepare, as debian:13-minimal is built from packages; --image ./disk.qcow2 names a disk']
        : [],
    })
    if (all) expect(run.stdout.toString()).toContain('\nNot measured: prepare, as debian:13-minimal is built')
    // Ratios come before times.
    expect(run.stdout.toString()).toMatch(
      /^debian:13-minimal under .*\n\n +[\d.]+ {2}a boot until it is idle/,
    )
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('fledge bench --only measures no more than it is told, and knows its own names', async () => {
  const run = await fledge(['bench', '--only', 'exec', '--clones', '1'])
  expect(run.code, run.stderr).toBe(0)
  expect(run.stdout.toString().split('\n').slice(1)).toEqual([
    '',
    expect.stringMatching(/^fledge exec IMAGE -- true {2}[\d,]+ ms, 95 % within [\d,]+ ms \(1\)$/),
    '',
  ])
  const wrong = await fledge(['bench', '--only', 'exec,flor'])
  expect(wrong.code).not.toBe(0)
  expect(wrong.stderr).toContain('There is no "flor"; there are coldBoot, clone, floor')
})

checkLeaks()
