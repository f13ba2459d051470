import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'

import { expect } from '@playwright/test'
import * as fc from 'fast-check'
import { PNG } from 'pngjs'

import { FledgeError } from '../../../src/errors.ts'
import { Machine } from '../../../src/machine/machine.ts'
import { OwnedMachine } from '../../../src/owner/owned-machine.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { test as inFolder } from '../test-in-folder.ts'

/** A machine that was stopped: verbs check what they are given, and then say that. */
const test = inFolder.extend<{ vm: Machine }>({
  vm: async ({ folder }, use) => {
    await using overlay = await open(join(folder, 'overlay'), 'w+')
    const owned = new OwnedMachine({
      name: 'web',
      path: '/bin/sh',
      args: ['-c', 'exec sleep 100'],
      overlay: overlay.fd,
      diskFolder: folder,
    })
    await owned.kill()
    await use(
      new Machine(owned, {
        image: 'none',
        accelerator: 'kvm',
        identity: 'none',
        mac: 'none',
        hooks: {},
        channel: owned.channel,
      }),
    )
  },
})

/** Values that are refused, and values that are not. */
interface Cases {
  readonly wrong: readonly unknown[]
  readonly right: readonly [unknown, ...unknown[]]
}

type Verb = {
  [Key in keyof Machine]: Machine[Key] extends (...args: never[]) => Promise<unknown> ? Key : never
}[keyof Machine]
/** What ends a machine takes nothing, and a template is no list of arguments. */
type Tabled = Exclude<Verb, '$' | 'detach' | 'stop' | 'kill' | 'pause' | typeof Symbol.asyncDispose>
type OptionsOf<Each extends Tabled> =
  Required<Parameters<Machine[Each]>> extends readonly [...unknown[], infer Last] ? Last : never

/** All arguments by their names, and all options: who adds one has to say here what it may be. */
type Table = {
  readonly [Each in Tabled]: {
    readonly args: Readonly<Record<string, Cases>>
    readonly options: { readonly [Key in keyof OptionsOf<Each>]-?: Cases }
  }
}

const nothing = [undefined, null]
const path: Cases = {
  wrong: [...nothing, '', 'relative', 'a/b', './a', '/a\0b', 5, {}, ['/a'], '/\ud800'],
  right: ['/a', '/', '/a b/$(c)\n-d', '/😀'],
}
const hostPath: Cases = { wrong: [...nothing, '', 'a\0b', 5, {}], right: ['/no/such', 'none', '-rf'] }
const command: Cases = {
  wrong: [
    ...nothing,
    ...['', 'a\0b', 5, true, {}, Symbol('x'), 'half \ud83d of a character'],
    ...[[], [''], ['', 'a'], ['a', 5], ['a', undefined], ['a', ['b']], ['a', 'b\0c'], [null]],
  ],
  right: ['true', ['true'], ['true', ''], 'a; b\n$(c)', ['-rf', '--', '*']],
}
const call = {
  timeoutMs: { wrong: [null, Number.NaN, -1, '5', 5n, {}, []], right: [0, 0.5, 1e12, Infinity] },
  signal: {
    wrong: [null, {}, new AbortController(), 'x', AbortSignal],
    right: [AbortSignal.abort(), new AbortController().signal],
  },
} satisfies Record<string, Cases>
const user: Cases = { wrong: [null, '', 'a\0b', 1000, []], right: ['nobody', '1000', '-u'] }
const place = {
  env: {
    wrong: [
      null,
      'A=b',
      [['A', 'b']],
      { A: 1 },
      { A: null },
      { '': 'x' },
      { 'A=B': 'x' },
      { 'A\0': 'x' },
      { A: '\0' },
    ],
    right: [{}, { A: '' }, { 'a b\n': 'c=d\n' }],
  },
  cwd: { ...path, wrong: path.wrong.filter((value) => value !== undefined) },
  user,
} satisfies Record<string, Cases>
const ended = new Readable({ read: () => {} })
ended.destroy()
const stdin: Cases = {
  wrong: [null, 5, {}, ['a'], new ArrayBuffer(1), Promise.resolve('x'), ended],
  right: ['', '\0', Buffer.of(0), new Uint8Array(1), Readable.from(['x'])],
}
const port: Cases = { wrong: [...nothing, 0, -1, 65_536, 1.5, '80', Number.NaN, 80n], right: [1, 65_535] }
const commandOptions = { ...call, ...place, stdin }
const waitOptions = { ...commandOptions, stdin: { wrong: stdin.right.slice(-1), right: [''] } } as const
const address: Cases = {
  wrong: [null, '', 'example.org', '1.2.3', '::1%lo', '[::1]', '127.0.0.1:80', 1],
  right: ['localhost', '127.0.0.1', '::1'],
}
const textPattern: Cases = { wrong: [...nothing, '', ' \n', 5, {}, ['a']], right: ['login:', /a|b/g] }
const share: Cases = { wrong: [null, -0.1, 1.1, '0', Number.NaN], right: [0, 0.5, 1] }
const onePixel = PNG.sync.write(new PNG({ width: 1, height: 1 }))

const unit: Cases = {
  wrong: [...nothing, '', 'a;b', 'a b', 'x\ny', '$(x)', 'a*', '/a*', '/a\nb', 'a\0', 5, ['a']],
  right: ['-foo', 'a@b.service', String.raw`dev-disk-by\x2dlabel-a.device`, '/dev/sda', 'a:b_c'],
}
const unitOptions = { ...call, user }
const pattern: Cases = { wrong: [...nothing, '', 5, {}, ['a']], right: ['a', '[', /a/, /^$/gmu] }
const tty: Cases = { wrong: [...nothing, 0, 64, 1.5, '1', 'tty1'], right: [1, 63] }

const nic: Cases = { wrong: [null, -1, 4, 0.5, 'nic0'], right: [0, 3] }

const table: Table = {
  execute: { args: { command }, options: commandOptions },
  succeed: { args: { command }, options: commandOptions },
  fail: { args: { command }, options: commandOptions },
  spawn: {
    args: { command },
    options: {
      ...call,
      ...place,
      terminal: {
        wrong: [
          null,
          true,
          [24, 80],
          {},
          { rows: 24 },
          { rows: 0, columns: 80 },
          { rows: 24, columns: 65_536 },
        ],
        right: [{ rows: 1, columns: 65_535 }],
      },
    },
  },
  waitUntilSucceeds: { args: { command }, options: waitOptions },
  waitUntilFails: { args: { command }, options: waitOptions },
  waitForUnit: { args: { unit }, options: unitOptions },
  requireUnitState: {
    args: { unit },
    options: { ...unitOptions, state: { wrong: [null, '', 'up', 'ACTIVE', 1], right: ['active', 'failed'] } },
  },
  getUnitInfo: { args: { unit }, options: unitOptions },
  getUnitProperty: {
    args: { unit, property: { wrong: [...nothing, '', 'a', 'A b', 'A=', 5], right: ['MainPID', 'Id'] } },
    options: unitOptions,
  },
  startJob: { args: { unit }, options: unitOptions },
  stopJob: { args: { unit }, options: unitOptions },
  systemctl: {
    args: { args: { wrong: [...nothing, '', 'a\0', ['start', 'x']], right: ['start x', '-q is-active x'] } },
    options: unitOptions,
  },
  waitForFile: { args: { path }, options: call },
  waitForOpenPort: { args: { port }, options: { ...call, address } },
  waitForClosedPort: { args: { port }, options: { ...call, address } },
  waitForOpenUnixSocket: {
    args: { path },
    options: { ...call, type: { wrong: [null, 'udp', true, 1], right: ['stream', 'datagram'] } },
  },
  waitForConsoleText: {
    args: { pattern },
    options: { ...call, from: { wrong: [null, 'start', 0], right: ['launch', 'last-match'] } },
  },
  getTtyText: { args: { tty }, options: call },
  waitUntilTtyMatches: { args: { tty, pattern }, options: call },
  sleep: {
    args: { durationMs: { wrong: [...nothing, -1, 1.5, '5', Infinity], right: [0, 5_000] } },
    options: call,
  },
  copyFromHost: { args: { source: hostPath, target: path }, options: call },
  copyFromMachine: { args: { source: path, target: hostPath }, options: call },
  syncShares: { args: {}, options: call },
  forwardPort: {
    args: { guestPort: port },
    options: {
      ...call,
      protocol: { wrong: [null, 'TCP', 'icmp', 6], right: ['tcp', 'udp'] },
      hostPort: { wrong: [null, -1, 65_536, 1.5, '80'], right: [0, 65_535] },
    },
  },
  block: { args: {}, options: { ...call, nic } },
  unblock: { args: {}, options: { ...call, nic } },
  screenshot: { args: {}, options: call },
  getScreenText: { args: {}, options: call },
  waitForText: { args: { pattern: textPattern }, options: call },
  clickText: {
    args: { pattern: textPattern },
    options: {
      ...call,
      button: { wrong: [null, '', 'Left', 1], right: ['left', 'middle', 'right'] },
      count: { wrong: [null, 0, 4, 1.5, '1'], right: [1, 2, 3] },
      delayMs: { wrong: [null, -1, '5', Number.NaN], right: [0, 0.5, 100] },
    },
  },
  waitForX: { args: {}, options: call },
  getWindowNames: { args: {}, options: call },
  waitForWindow: { args: { pattern: { wrong: [...nothing, '', 5, {}], right: ['a', /a/g] } }, options: call },
  waitForScreenshot: {
    args: {
      picture: {
        wrong: [...nothing, '', 'a\0', '/no/such', import.meta.filename, 5, Buffer.of(1)],
        right: [onePixel],
      },
    },
    options: { ...call, maxDiffPixelRatio: share, threshold: share },
  },
  sendKey: {
    args: {
      key: {
        wrong: [
          ...nothing,
          '',
          'a\0',
          5,
          ['ret'],
          'enter',
          'RET',
          '-',
          'ctrl-',
          'a-a',
          'ctrl-alt-shift-a-b',
          'é',
          '\n',
        ],
        right: ['ret', 'ctrl-alt-delete', '1', 'ctrl-alt-shift-a'],
      },
    },
    options: { ...call, delayMs: { wrong: [null, -1, '5', Number.NaN], right: [0, 0.5, 100] } },
  },
  sendChars: {
    args: {
      chars: {
        wrong: [...nothing, '', 'a\0', 5, ['a'], 'naïve', '😀', 'a\u0007', '\ud800'],
        right: ['a', '\n', '\t', 'Hello, "world"\r\n', '~`!@#$%^&*()_+{}|:<>?'],
      },
    },
    options: {
      ...call,
      delayMs: { wrong: [null, -1, '5', Number.NaN], right: [0, 0.5, 100] },
      layout: { wrong: [null, '', 'US', 'english', 5, {}, 'toString'], right: ['us', 'gb', 'de', 'fr'] },
    },
  },
  sendMonitorCommand: {
    args: { line: { wrong: [...nothing, '', 'a\0b', 5, {}, ['info']], right: ['info version'] } },
    options: call,
  },
  sendConsole: {
    args: { text: { wrong: [...nothing, '', 'a\0b', 5, ['a']], right: ['root\n', '\u0003'] } },
    options: call,
  },
  qmp: {
    args: {
      command: { wrong: [...nothing, '', 'a b', 'Quit', '{"execute":"quit"}', 5], right: ['query-status'] },
      arguments: { wrong: [null, 5, 'x', []], right: [undefined, {}, { name: 'nic0' }] },
    },
    options: call,
  },
  waitForQmpEvent: {
    args: { event: { wrong: [...nothing, '', 5, {}, /RESET/], right: ['RESET', () => true] } },
    options: {
      ...call,
      after: { wrong: [null, 5, 'RESET', []], right: [{ name: 'RESET', data: {}, atMs: 0 }] },
    },
  },
  coredumps: { args: {}, options: call },
  catchCoredumps: { args: {}, options: call },
  start: { args: {}, options: call },
  reboot: { args: {}, options: call },
  shutdown: { args: {}, options: call },
  waitForShutdown: { args: {}, options: call },
  saveDisk: { args: { target: hostPath }, options: call },
  crash: { args: {}, options: call },
}

const names = Object.keys(table) as Tabled[]

/** Calls a verb as a program without types may. */
async function outcome(vm: Machine, verb: Verb, args: readonly unknown[]): Promise<unknown> {
  const method = vm[verb] as unknown as (...all: readonly unknown[]) => Promise<unknown>
  return method.call(vm, ...args).catch((error: unknown) => error)
}

const firstRight = (verb: Tabled): unknown[] => Object.values(table[verb].args).map(({ right }) => right[0])

test('every verb that takes something is in the table', () => {
  const methods = Object.getOwnPropertyNames(Machine.prototype)
  const untabled = new Set([
    'constructor',
    '$',
    'getConsoleLog',
    'getTimedConsoleLog',
    'isUp',
    'openConsole',
    'pause',
    'pollingCondition',
    'detach',
    'stop',
    'kill',
  ])
  expect(methods.filter((name) => !untabled.has(name)).toSorted()).toEqual(names.toSorted())
})

for (const verb of names) {
  test(`${verb}() refuses wrong arguments and options by their names, and no right ones`, async ({ vm }) => {
    const good = firstRight(verb)
    const tries = [
      ...Object.entries(table[verb].args).flatMap(([name, cases], index) =>
        (['wrong', 'right'] as const).flatMap((kind) =>
          cases[kind].map((value) => ({ name, kind, args: good.with(index, value) })),
        ),
      ),
      ...Object.entries(table[verb].options as Record<string, Cases>).flatMap(([name, cases]) =>
        (['wrong', 'right'] as const).flatMap((kind) =>
          cases[kind].map((value) => ({ name, kind, args: [...good, { [name]: value }] })),
        ),
      ),
    ]
    for (const { name, kind, args } of tries) {
      const error = await outcome(vm, verb, args)
      expect(error, `${name} of ${verb}`).toBeInstanceOf(FledgeError)
      const { code, message } = error as FledgeError
      if (kind === 'right')
        expect(['ERR_FLEDGE_STOPPED', 'ERR_FLEDGE_COPY', 'ERR_FLEDGE_DISK_SAVE'], message).toContain(code)
      else {
        expect(code, message).toBe('ERR_FLEDGE_OPTION')
        expect(message).toMatch(new RegExp(`^Cannot use .*\\b${name}\\b.* of ${verb}: `))
        expect(message).not.toContain('\n')
      }
    }
  })

  test(`${verb}() refuses options that are none, and one that there is not`, async ({ vm }) => {
    const good = firstRight(verb)
    for (const options of [null, 5, 'timeoutMs', [], () => {}]) {
      const error = await outcome(vm, verb, [...good, options])
      expect(error).toMatchObject({
        code: 'ERR_FLEDGE_OPTION',
        message: expect.stringMatching(/ as options of \w+: it must be an object$/),
      })
    }
    expect(await outcome(vm, verb, [...good, { timeoutMS: 5 }])).toMatchObject({
      code: 'ERR_FLEDGE_OPTION',
      message: `Cannot use the option "timeoutMS" of ${verb}: there is none`,
      hint: 'Did you mean "timeoutMs"?',
    })
  })
}

test('no value at all makes a verb fail with anything but an error of ours', async ({ vm }) => {
  const value = fc.anything({
    withBigInt: true,
    withDate: true,
    withNullPrototype: true,
    withTypedArray: true,
  })
  const calls = fc.constantFrom(...names).chain((verb) =>
    fc.tuple(
      fc.constant(verb),
      // Half of them with right arguments, so that options are looked at.
      fc.oneof(fc.constant(firstRight(verb)), fc.array(value, { maxLength: 3 })),
      fc.oneof(
        value,
        fc.dictionary(fc.constantFrom(...Object.keys(table[verb].options)), value, { maxKeys: 3 }),
      ),
    ),
  )
  await fc.assert(
    fc.asyncProperty(calls, async ([verb, args, options]) => {
      expect(await outcome(vm, verb, [...args, options])).toBeInstanceOf(FledgeError)
    }),
    { numRuns: 2_000 },
  )
})

const holds = (): boolean => true

const refused = (named: string): Record<string, unknown> => ({
  code: 'ERR_FLEDGE_OPTION',
  message: expect.stringContaining(named),
})

test('the mouse refuses what is no place, and wrong options', async ({ vm }) => {
  const { mouse } = vm
  const call = async (verb: 'move' | 'click', ...args: readonly unknown[]): Promise<unknown> => {
    const method = mouse[verb].bind(mouse) as (...all: readonly unknown[]) => Promise<unknown>
    return method(...args).catch((error: unknown) => error)
  }
  for (const verb of ['move', 'click'] as const) {
    for (const at of [undefined, null, -1, 0.5, 40_000, '5', Number.NaN]) {
      expect(await call(verb, at, 0)).toMatchObject(refused('x'))
      expect(await call(verb, 0, at)).toMatchObject(refused('y'))
    }
    for (const options of [null, { timeoutMs: -1 }, { signal: 5 }, { timeout: 1 }])
      expect(await call(verb, 0, 0, options)).toMatchObject(refused(`mouse.${verb}`))
    expect(await call(verb, 0, 0)).toMatchObject({ code: 'ERR_FLEDGE_STOPPED' })
  }
  for (const options of [{ button: 'no' }, { count: 0 }, { delayMs: -1 }])
    expect(await call('click', 0, 0, options)).toMatchObject(refused('mouse.click'))
})

test('the clock refuses what is no time, and wrong options', async ({ vm }) => {
  const { clock } = vm
  const call = async (verb: 'read' | 'set' | 'step', ...args: readonly unknown[]): Promise<unknown> => {
    const method = clock[verb].bind(clock) as (...all: readonly unknown[]) => Promise<unknown>
    return method(...args).catch((error: unknown) => error)
  }
  for (const time of [undefined, null, '2030-01-01', -1, Number.NaN, new Date('x'), 1e15, {}])
    expect(await call('set', time)).toMatchObject(refused('time'))
  for (const byMs of [undefined, null, '5', Number.NaN, Infinity, 5n])
    expect(await call('step', byMs)).toMatchObject(refused('byMs'))
  for (const options of [null, { timeoutMs: -1 }, { signal: 5 }, { timeout: 1 }]) {
    expect(await call('read', options)).toMatchObject(refused('clock.read'))
    expect(await call('set', 0, options)).toMatchObject(refused('clock.set'))
    expect(await call('step', 0, options)).toMatchObject(refused('clock.step'))
  }
  for (const stopped of [call('read'), call('set', new Date(0)), call('set', 0.5), call('step', -0.5)])
    expect(await stopped).toMatchObject({ code: 'ERR_FLEDGE_STOPPED' })
})

test('pollingCondition refuses what is no function, and wrong options', ({ vm }) => {
  for (const [args, named] of [
    [[], 'condition'],
    [['true'], 'condition'],
    [[holds, null], 'options of pollingCondition'],
    [[holds, { intervalMs: -1 }], 'intervalMs'],
    [[holds, { timeoutMs: '5' }], 'timeoutMs'],
    [[holds, { description: '' }], 'description'],
    [[holds, { interval: 5 }], '"interval"'],
  ] as const) {
    const begin = vm.pollingCondition.bind(vm) as (...all: readonly unknown[]) => unknown
    expect(() => begin(...args)).toThrow(
      expect.objectContaining({ code: 'ERR_FLEDGE_OPTION', message: expect.stringContaining(named) }),
    )
  }
})

test('$ is a template, and says so to who calls it', async ({ vm }) => {
  for (const args of [[], ['ls'], [['ls']], [null], [{ raw: 'ls' }]]) {
    expect(await outcome(vm, '$', args)).toMatchObject({
      code: 'ERR_FLEDGE_OPTION',
      message: expect.stringContaining(' as a shell line of $: it is no template'),
    })
  }
  for (const value of [undefined, null, {}, [['a']], Symbol('x'), 'a\0b']) {
    const error = await vm.$`echo ${value as string}`.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ERR_FLEDGE_OPTION' })
  }
})

checkLeaks()
