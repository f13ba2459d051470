import { checkLeaks } from '../fixtures/leaks.ts'
import { expect, test } from '../fixtures/machine.ts'

const day = 24 * 60 * 60 * 1000
/** How long a command may take to come to the guest and back. */
const patience = 10_000

test('the wall clock is read, set and stepped, and other clocks go on', async ({ vm }) => {
  const before = Date.now()
  const first = (await vm.clock.read()).getTime()
  expect(first).toBeGreaterThan(before - 1_000)
  expect(first).toBeLessThan(Date.now() + 1_000)
  const uptime = async (): Promise<number> => Number((await vm.succeed('cut -d" " -f1 /proc/uptime')).stdout)
  const up = await uptime()

  const later = Date.parse('2038-01-19T03:14:07.250Z')
  await vm.clock.set(new Date(later))
  expect((await vm.succeed('date -u +%Y')).stdout).toBe('2038\n')
  const set = (await vm.clock.read()).getTime()
  expect(set).toBeGreaterThanOrEqual(later)
  expect(set).toBeLessThan(later + patience)

  const stepped = (await vm.clock.step(3 * day)).getTime()
  expect(stepped).toBeGreaterThanOrEqual(set + 3 * day)
  expect((await vm.clock.read()).getTime()).toBeLessThan(set + 3 * day + patience)
  await vm.clock.step(-5 * day)
  const back = (await vm.clock.read()).getTime()
  expect(back).toBeGreaterThanOrEqual(set - 2 * day)
  expect(back).toBeLessThan(set - 2 * day + patience)
  expect((await uptime()) - up).toBeLessThan(600)
  await expect(vm.clock.step(-200 * 365 * day)).rejects.toMatchObject({ code: 'ERR_FLEDGE_OPTION' })
})

test('commands, deadlines and the agent go on over a step of the clock', async ({ vm }) => {
  const running = vm.succeed('sleep 2; date -u +%Y')
  await vm.clock.set(Date.parse('2050-05-05T05:05:05Z'))
  expect((await running).stdout).toBe('2050\n')
  await expect(vm.execute('sleep 1000', { timeoutMs: 500 })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
  })
})

checkLeaks()
