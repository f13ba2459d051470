import { setTimeout as sleep } from 'node:timers/promises'

import { FledgeError, launch, prepare } from '../../src/index.ts'
import { Machine } from '../../src/machine/machine.ts'
import { endingVerbs, endlessVerbs, idleVerbs } from '../fixtures/verbs.ts'
import { ownChildren } from '../fixtures/leaks.ts'
import { expect, image, test } from '../fixtures/machine.ts'
import { qemuOf } from '../fixtures/qemu-of.ts'
import { wrappedQemu } from '../fixtures/wrapped-qemu.ts'
import { checkLeaks } from '../fixtures/leaks.ts'

/** A second is promised; a host whose CPUs are all taken may need some more. */
const atOnceMs = 5_000
/** The limit of calls to a machine that does not answer. */
const shortMs = 400

/** How long some work took, and the error that ended it. */
async function failureOf(work: Promise<unknown>): Promise<{ error: FledgeError; afterMs: number }> {
  const start = performance.now()
  const error: unknown = await work.then(
    (value) => new Error(`it ended well: ${String(value)}`),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(FledgeError)
  return { error: error as FledgeError, afterMs: performance.now() - start }
}

test('every verb is tried below', () => {
  const others = new Set([
    'constructor',
    'getConsoleLog',
    'getTimedConsoleLog',
    'isUp',
    'pollingCondition',
    // The disk is that of a machine that has ended.
    'saveDisk',
    'start',
    // It is a stream of what the machine writes.
    'openConsole',
    // It waits for a person, outside of tests for nobody.
    'pause',
    // For machines that another process holds.
    'detach',
  ])
  const methods = Object.getOwnPropertyNames(Machine.prototype).filter((name) => !others.has(name))
  expect([...Object.keys(endlessVerbs), ...idleVerbs, ...endingVerbs].toSorted()).toEqual(methods.toSorted())
})

for (const [verb, { begin, quick }] of Object.entries(endlessVerbs)) {
  test(`${verb} has its limit while QEMU is stopped, and fails at once when it is killed`, async () => {
    let remainingMs: number | undefined
    const vm = await launch(image, { hooks: { remainingMs: () => remainingMs } })
    const qemu = await qemuOf()
    try {
      await vm.succeed('echo last words > /dev/ttyS0; truncate -s 64G /root/huge')
      const pending = quick ? [] : [begin(vm, {})]
      for (const each of pending) each.catch(() => {})
      if (!quick) await vm.succeed('sleep 0.3')

      process.kill(qemu, 'SIGSTOP')
      // The limit of a test holds where the verb takes none.
      if (verb === '$') remainingMs = shortMs
      const late = await failureOf(begin(vm, { timeoutMs: shortMs }))
      remainingMs = undefined
      expect(late.error.code).toBe('ERR_FLEDGE_TIMEOUT')
      expect(late.error.message).toContain(`${shortMs} ms`)
      expect(late.error.message).not.toContain('  ')
      expect(late.error.lastSeen).toContain('QEMU is stopped')
      expect(late.afterMs).toBeLessThan(shortMs + atOnceMs)

      pending.push(begin(vm, {}))
      await sleep(100)
      process.kill(qemu, 'SIGKILL')
      for (const { error, afterMs } of await Promise.all(pending.map(failureOf))) {
        expect(error.code).toBe('ERR_FLEDGE_MACHINE_DIED')
        expect(error.message).toContain('QEMU was ended by SIGKILL')
        expect(error.consoleTail).toContain('last words')
        expect(afterMs).toBeLessThan(atOnceMs)
      }
    } finally {
      await vm.kill()
    }
  })
}

test('the streams of a command that was spawned end with the error of the machine', async () => {
  await using vm = await launch(image)
  const call = await vm.spawn('cat; sleep 1000')
  const { error } = await (async () => {
    process.kill(await qemuOf(), 'SIGKILL')
    return failureOf(call.exited)
  })()
  expect(error.code).toBe('ERR_FLEDGE_MACHINE_DIED')
  for (const stream of [call.stdout, call.stderr, call.stdin]) {
    expect(stream?.destroyed).toBe(true)
    expect(stream?.errored).toBe(error)
  }
})

for (const verb of endingVerbs) {
  test(`${verb} ends a machine whose QEMU is killed meanwhile`, async () => {
    const vm = await launch(image)
    const qemu = await qemuOf()
    process.kill(qemu, 'SIGSTOP')
    const ending = vm[verb]()
    process.kill(qemu, 'SIGKILL')
    await ending
    expect(await ownChildren()).toEqual([])
    await vm.stop()
  })
}

for (const verb of ['stop', 'kill'] as const) {
  test(`${verb} ends a machine whose QEMU is stopped, and what waits for it`, async () => {
    const vm = await launch(image)
    const pending = vm.waitForFile('/never').catch((error: unknown) => error)
    process.kill(await qemuOf(), 'SIGSTOP')
    const start = performance.now()
    await vm[verb]()
    expect(performance.now() - start).toBeLessThan(2_000 + atOnceMs)
    expect(await pending).toMatchObject({ code: 'ERR_FLEDGE_STOPPED' })
    expect(await ownChildren()).toEqual([])
  })
}

test('crash has its limit while QEMU is stopped', async () => {
  await using vm = await launch(image)
  process.kill(await qemuOf(), 'SIGSTOP')
  const { error } = await failureOf(vm.crash({ timeoutMs: shortMs }))
  expect(error).toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
    lastSeen: expect.stringContaining('QEMU is stopped'),
  })
})

test('a call that the machine was too late for is not carried out any more', async ({ vm }) => {
  const qemu = await qemuOf()
  process.kill(qemu, 'SIGSTOP')
  const late = [vm.spawn('touch /root/spawned; sleep 1000', { timeoutMs: shortMs })]
  expect((await failureOf(late[0] as Promise<unknown>)).error.code).toBe('ERR_FLEDGE_TIMEOUT')
  process.kill(qemu, 'SIGCONT')
  await vm.waitUntilFails('pgrep -x sleep', { timeoutMs: 60_000 })
})

test.describe('launching', () => {
  const stopped = `case " $* " in *" -incoming "*) kill -STOP $$ ;; esac`

  test('fails at once when QEMU is killed, and tells how it ended', async () => {
    await using _wrapped = await wrappedQemu(stopped, 'templates')
    // What QEMU can do is asked of one that is not stopped.
    await prepare(image)
    const launching = failureOf(launch(image))
    process.kill(await qemuOf(), 'SIGKILL')
    const { error } = await launching
    expect(error).toMatchObject({
      code: 'ERR_FLEDGE_CLONE',
      message: expect.stringContaining('QEMU was ended by SIGKILL'),
      cause: expect.objectContaining({ code: 'ERR_FLEDGE_MACHINE_DIED' }),
    })
    expect(await ownChildren()).toEqual([])
  })

  test('has its limit while QEMU is stopped, and leaves nothing', async () => {
    await using _wrapped = await wrappedQemu(stopped, 'templates')
    const { error } = await failureOf(launch(image, { timeoutMs: 2_000 }))
    expect(error).toMatchObject({
      code: 'ERR_FLEDGE_CLONE',
      message: expect.stringMatching(/within 2000 ms.*QEMU is stopped/),
    })
    expect(await ownChildren()).toEqual([])
  })
})

checkLeaks()
