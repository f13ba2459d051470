import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { expect } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { usedMemory } from '../../fixtures/used-memory.ts'
import { GuestError } from '../../../src/errors.ts'
import { Conditions } from '../../../src/machine/polling-condition.ts'
import { runVerb, type VerbCall, type VerbContext } from '../../../src/machine/verb.ts'
import { OwnedMachine } from '../../../src/owner/owned-machine.ts'
import { test as inFolder } from '../test-in-folder.ts'

const shell = `
  echo "last words" >&4
  until [ -e "$1" ]; do sleep 0.02; done
  echo "out of memory" >&2; exit 9`

/** A machine whose QEMU is a shell: it says a line on its console, and lives until it is told to end. */
const test = inFolder.extend<{ owned: OwnedMachine; web: VerbContext }>({
  owned: async ({ folder }, use) => {
    await using overlay = await open(join(folder, 'overlay'), 'w+')
    const args = ['-c', shell, 'sh', join(folder, 'end')]
    const owned = new OwnedMachine({
      name: 'web',
      path: '/bin/sh',
      args,
      overlay: overlay.fd,
      diskFolder: folder,
    })
    await expect.poll(() => owned.console.text()).toContain('last words')
    await use(owned)
    await owned.kill()
  },
  web: async ({ owned }, use) =>
    use({ owned, channel: owned.channel, hooks: {}, conditions: new Conditions(), timeFactor: 1 }),
})

const naming = { verb: 'waitForUnit', detail: 'nginx', defaultTimeoutMs: 60_000 }
const forever = ({ signal }: { signal: AbortSignal }): Promise<never> =>
  sleep(60_000, undefined, { signal }) as Promise<never>

test('runVerb() gives what the work gives, and throws what it throws', async ({ web }) => {
  expect(await runVerb(web, naming, async () => 'done')).toBe('done')
  const error = new Error('broken')
  await expect(runVerb(web, naming, () => Promise.reject(error))).rejects.toBe(error)
})

test('runVerb() fails after its deadline, with what was seen last and the console', async ({ web }) => {
  let reason: unknown
  const call = runVerb(web, { ...naming, timeoutMs: 40 }, async (running) => {
    running.saw('inactive')
    running.saw('activating')
    return forever(running).catch((error: unknown) => {
      reason = error
      throw error
    })
  })
  const error: unknown = await call.catch((caught: unknown) => caught)
  expect(error).toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
    message: 'waitForUnit nginx did not end within 40 ms; last seen: activating',
    machine: 'web',
    lastSeen: 'activating',
    consoleTail: 'last words',
  })
  await expect.poll(() => (reason as Error | undefined)?.cause).toBe(error)
})

test('runVerb() has its own error of a deadline, after a margin for the answer', async ({ web }) => {
  const own = new GuestError('ERR_FLEDGE_TIMEOUT', 'mine')
  const options = { ...naming, timeoutMs: 10, onTimeout: () => own }
  await expect(runVerb(web, options, forever)).rejects.toBe(own)
  const answer = runVerb(web, { ...options, marginMs: 5_000 }, async ({ timeoutMs }) => sleep(50, timeoutMs))
  expect(await answer).toBe(10)
})

test('runVerb() multiplies the default limit, and no other', async ({ owned }) => {
  const context = { owned, channel: owned.channel, hooks: {}, conditions: new Conditions(), timeFactor: 10 }
  const limit = (timeoutMs?: number): Promise<number> =>
    runVerb(
      context,
      { ...naming, ...(timeoutMs === undefined ? {} : { timeoutMs }) },
      async (running) => running.timeoutMs,
    )
  expect([await limit(), await limit(70_000)]).toEqual([600_000, 70_000])
})

test('runVerb() ends within what the test has left, even when that is nothing', async ({ owned }) => {
  for (const [left, expected] of [
    [undefined, 60_000],
    [100_000, 60_000],
    [500, 500],
  ] as const) {
    const context = {
      owned,
      channel: owned.channel,
      hooks: { remainingMs: () => left },
      conditions: new Conditions(),
      timeFactor: 1,
    }
    expect(await runVerb(context, naming, async ({ timeoutMs }) => timeoutMs)).toBe(expected)
  }
  for (const left of [0, -5]) {
    const context = {
      owned,
      channel: owned.channel,
      hooks: { remainingMs: () => left },
      conditions: new Conditions(),
      timeFactor: 1,
    }
    await expect(runVerb(context, naming, forever)).rejects.toMatchObject({ code: 'ERR_FLEDGE_TIMEOUT' })
  }
})

test('runVerb() refuses a limit that is none, whatever its margin', async ({ web }) => {
  for (const timeoutMs of [-1, Number.NaN]) {
    const call = runVerb(web, { ...naming, timeoutMs, marginMs: 250 }, async () => 'done')
    await expect(call).rejects.toMatchObject({
      code: 'ERR_FLEDGE_OPTION',
      message: expect.stringContaining(`timeoutMs ${timeoutMs}`),
    })
  }
})

test('runVerb() runs within the hook, which sees its name and its end', async ({ owned }) => {
  const seen: unknown[] = []
  const around = async <T>(call: VerbCall, run: () => Promise<T>): Promise<T> => {
    seen.push(call)
    try {
      return await run()
    } finally {
      seen.push('after')
    }
  }
  const context = {
    owned,
    channel: owned.channel,
    hooks: { around },
    conditions: new Conditions(),
    timeFactor: 1,
  }
  await expect(
    runVerb(context, naming, async () => {
      seen.push('work')
      throw new Error('broken')
    }),
  ).rejects.toThrow('broken')
  expect(seen).toEqual([{ machine: 'web', verb: 'waitForUnit', detail: 'nginx' }, 'work', 'after'])
})

test('runVerb() ends when the caller aborts it', async ({ web }) => {
  const controller = new AbortController()
  const call = runVerb(web, { ...naming, signal: controller.signal }, forever)
  controller.abort('why')
  await expect(call).rejects.toMatchObject({ code: 'ERR_FLEDGE_ABORTED', cause: 'why' })
})

test('runVerb() ends with the machine, by its error, and begins no more', async ({ owned, web, folder }) => {
  const outcome = expect(runVerb(web, naming, forever)).rejects.toMatchObject({
    code: 'ERR_FLEDGE_MACHINE_DIED',
    message: 'The machine "web" ended: QEMU ended with exit code 9: out of memory',
    consoleTail: 'last words',
  })
  await writeFile(join(folder, 'end'), '')
  await outcome
  let begun = false
  const next = runVerb(web, naming, async () => (begun = true))
  await expect(next).rejects.toBe(owned.over)
  expect(begun).toBe(false)
})

test('runVerb() ends when the machine is killed, and the first reason stays', async ({ owned, web }) => {
  const call = runVerb(web, naming, forever)
  const outcome = expect(call).rejects.toMatchObject({ code: 'ERR_FLEDGE_STOPPED', machine: 'web' })
  await owned.kill()
  await outcome
  const { over } = owned
  await owned.kill()
  expect(owned.over).toBe(over)
})

test('runVerb() tells the work that the machine has ended', async ({ owned, web }) => {
  let seen: AbortSignal | undefined
  const call = runVerb(web, naming, async (running) => {
    seen = running.signal
    return forever(running)
  })
  const outcome = expect(call).rejects.toMatchObject({ code: 'ERR_FLEDGE_STOPPED' })
  await owned.kill()
  await outcome
  expect(seen?.reason).toBe(owned.over)
})

test('runVerb() leaves nothing with a machine that lives on', async ({ web }) => {
  const some = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await runVerb(web, naming, async () => i)
  }
  await some(1_000)
  const before = await usedMemory()
  await some(20_000)
  expect((await usedMemory()) - before).toBeLessThan(1 << 20)
})

checkLeaks()
