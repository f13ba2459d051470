import { expect } from '@playwright/test'
import * as fc from 'fast-check'

import * as library from '../../src/index.ts'
import { checkLeaks } from '../fixtures/leaks.ts'
import { matrix } from '../../src/test/matrix.ts'
import { test } from './test-in-folder.ts'

/** What each function of the library is given that it refuses, by what it has to name; none of it gets anywhere. */
const wrong: Readonly<Record<string, readonly (readonly [args: readonly unknown[], names: string])[]>> = {
  launch: [
    ...[undefined, null, 5, {}, ['debian:13-minimal']].map((name) => [[name], 'name'] as const),
    [['debian:13-minimal', null], 'options of launch'],
    [['debian:13-minimal', { memory: 5 }], '"memory"'],
    [['debian:13-minimal', { shares: { '/mnt': 5 } }], '/mnt'],
    [['debian:13-minimal', { shares: { '/mnt': { source: 'a\0b' } } }], 'source'],
  ],
  prepare: [
    [[5], 'name'],
    [['debian:13-minimal', { cpus: '2' }], 'cpus'],
  ],
  attach: [
    [[], 'name'],
    [[''], 'name'],
    [[5], 'name'],
  ],
  serveMachine: [
    [[], 'machine'],
    [['web'], 'machine'],
  ],
  measureBoot: [
    [[undefined], 'name'],
    [['debian:13-minimal', 'x'], 'options'],
  ],
  measurePreparation: [
    [[undefined], 'name'],
    [['./disk.qcow2', 'x'], 'options'],
  ],
  resolveImage: [
    [[], 'name'],
    [['debian:13-minimal', { include: 'nginx' }], 'include'],
    [['debian:13-minimal', { include: [5] }], 'include'],
    [['debian:13-minimal', { mirror: 5 }], 'mirror'],
    [['debian:13-minimal', { miror: 'x' }], '"miror"'],
  ],
  expandImages: [
    [[], 'names'],
    [['debian:*'], 'names'],
    [[[5]], 'names'],
    [[['']], 'names'],
  ],
  ensureImage: [
    [['debian:13-minimal'], 'the image of ensureImage'],
    [[{}], 'name'],
    [[library.resolveImage('debian:13-minimal'), { refresh: 'yes' }], 'refresh'],
    [[library.resolveImage('debian:13-minimal'), { signal: {} }], 'signal'],
  ],
  updateImages: [
    [[], 'entries'],
    [[{}], 'entries'],
    [[[], { names: 'debian:13' }], 'names'],
    [[[], { folder: 5 }], 'folder'],
    [[[], { dryRun: 'no' }], 'dryRun'],
    [[[], { signal: 5 }], 'signal'],
    [[[], { name: ['debian:13'] }], '"name"'],
  ],
  removeFromCache: [
    [[], 'names'],
    [['debian:13-minimal'], 'names'],
    [[['']], 'names'],
    [[[5]], 'names'],
    [[[], { force: 1 }], 'force'],
    [[[], { dryRun: 'no' }], 'dryRun'],
    [[[], { dry: true }], '"dry"'],
  ],
  pruneCache: [
    [[null], 'options of pruneCache'],
    [[{ olderThanMs: -1 }], 'olderThanMs'],
    [[{ olderThanMs: '5' }], 'olderThanMs'],
    [[{ dryRun: 1 }], 'dryRun'],
    [[{ olderThan: 1 }], '"olderThan"'],
  ],
  verifyCache: [
    [[null], 'options of verifyCache'],
    [[{ signal: 5 }], 'signal'],
    [[{ timeoutMs: 5 }], '"timeoutMs"'],
  ],
  mendHost: [
    [[[], { signal: 5 }], 'signal'],
    [[undefined], 'findings'],
    [['qemu'], 'findings'],
  ],
  pullImage: [
    [[5], 'name'],
    [[''], 'name'],
    [['x', { signal: 5 }], 'signal'],
    [['x', { refresh: true }], '"refresh"'],
  ],
  interruptible: [
    [[], 'signal'],
    [[new AbortController().signal, 5], 'work'],
  ],
  quietly: [
    [[], 'work'],
    [['true'], 'work'],
  ],
  startAll: [
    [[], 'machines'],
    [[[{}]], 'machines'],
    [[[], { timeoutMs: -1 }], 'timeoutMs'],
    [[[], { timeout: 1 }], '"timeout"'],
  ],
  joinAll: [
    [['web'], 'machines'],
    [[[], { signal: 5 }], 'signal'],
    [[[], null], 'options of joinAll'],
  ],
  retry: [
    [[], 'attempt'],
    [['true'], 'attempt'],
    [[() => true, null], 'options of retry'],
    [[() => true, { timeoutMs: -1 }], 'timeoutMs'],
    [[() => true, { signal: 5 }], 'signal'],
    [[() => true, { timeout: 5 }], '"timeout"'],
  ],
  step: [
    [[5, () => Promise.resolve()], 'title'],
    [['building', 5], 'work'],
  ],
  mendingCommands: [
    [[], 'findings'],
    [[[null]], 'findings'],
  ],
}

/** They take nothing. */
const withoutArguments = new Set([
  'listCache',
  'examineHost',
  'listMachines',
  'imageNames',
  'imageCatalog',
  'hostArchitecture',
  'cacheFolder',
  'currentInterruption',
])

type Anything = (...args: readonly unknown[]) => unknown

async function outcome(name: string, args: readonly unknown[]): Promise<unknown> {
  try {
    return await (library as unknown as Record<string, Anything>)[name]?.(...args)
  } catch (error) {
    return error
  }
}

test('every function of the library is in the table', () => {
  const functions = Object.entries(library)
    .filter(([, value]) => typeof value === 'function' && !String(value).startsWith('class '))
    .map(([name]) => name)
  expect(functions.filter((name) => !withoutArguments.has(name)).toSorted()).toEqual(
    Object.keys(wrong).toSorted(),
  )
})

for (const [name, tries] of Object.entries(wrong)) {
  test(`${name}() refuses what it cannot use, and names it`, async ({ cache: _cache }) => {
    for (const [args, names] of tries) {
      const error = await outcome(name, args)
      expect(error).toBeInstanceOf(library.MisuseError)
      expect(error).toMatchObject({ code: 'ERR_FLEDGE_OPTION', message: expect.stringContaining(names) })
    }
  })
}

test('no image name makes a function fail with anything but an error of ours', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.string({ unit: 'binary' }), fc.anything()),
      fc.anything(),
      async (name, options) => {
        // A name that is none is found out before anything is started.
        fc.pre(typeof name !== 'string' || !/^debian:[a-z0-9]+-minimal/.test(name))
        for (const each of ['launch', 'prepare', 'resolveImage']) {
          expect(await outcome(each, [name, options])).toBeInstanceOf(library.MisuseError)
        }
      },
    ),
    { numRuns: 200 },
  )
})

for (const name of [
  'debian:13-minimal+--foo',
  'debian:13-minimal+-o=x',
  'debian:13-minimal+a;touch /pwned',
  'debian:13-minimal+$(x)',
  'debian:13-minimal+a\nb',
  'debian:13-minimal+nginx/../../x',
  'debian:13-minimal+nginx=1.0',
  'debian:13-minimal+nginx\0',
]) {
  test(`the image ${JSON.stringify(name)} is refused before anything is built`, async ({ cache: _cache }) => {
    expect(await outcome('launch', [name])).toMatchObject({ code: 'ERR_FLEDGE_IMAGE_INVALID' })
  })
}

for (const name of [
  '-debian:13-minimal',
  '../x',
  'debian:13-minimal\n',
  '$(x)',
  '',
  ' ',
  '--help',
  'debian:../-minimal',
]) {
  test(`no image is named ${JSON.stringify(name)}`, async ({ cache: _cache }) => {
    expect(await outcome('launch', [name])).toMatchObject({ code: 'ERR_FLEDGE_IMAGE_NOT_FOUND' })
    expect(await outcome('removeFromCache', [[name]])).toMatchObject({ code: 'ERR_FLEDGE_OPTION' })
  })
}

test('a time factor that is none is told before anything is started', async () => {
  const before = process.env['FLEDGE_TIME_FACTOR']
  try {
    for (const factor of ['x', '0', '-1', 'Infinity', 'NaN', '1s']) {
      process.env['FLEDGE_TIME_FACTOR'] = factor
      expect(await outcome('launch', ['debian:13-minimal'])).toMatchObject({
        code: 'ERR_FLEDGE_OPTION',
        message: `Cannot use FLEDGE_TIME_FACTOR "${factor}": it must be a number above 0`,
      })
    }
  } finally {
    if (before === undefined) delete process.env['FLEDGE_TIME_FACTOR']
    else process.env['FLEDGE_TIME_FACTOR'] = before
  }
})

test('matrix() refuses options that there are not, and values that cannot be', () => {
  const image = ['debian:13-minimal']
  for (const [options, names] of [
    [undefined, 'options of matrix'],
    [{ image, memoryMib: 512 }, '"memoryMib"'],
    [{ image: [5] }, 'image'],
    [{ image: [''] }, 'image'],
    [{ image: undefined }, 'image'],
    [{ image, evidence: 'sometimes' }, 'evidence'],
    [{ image, network: 'nat' }, 'network'],
  ] as const) {
    const attempt = (): unknown => matrix(options as unknown as Parameters<typeof matrix>[0])
    expect(attempt).toThrow(expect.objectContaining({ code: 'ERR_FLEDGE_OPTION' }))
    expect(attempt).toThrow(names)
  }
})

checkLeaks()
