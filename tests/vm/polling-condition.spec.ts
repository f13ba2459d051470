import { checkLeaks } from '../fixtures/leaks.ts'
import { launch } from '../../src/index.ts'
import { expect, image, test } from '../fixtures/machine.ts'

test('a condition that fails breaks off the command that runs, and kills it', async ({ vm }) => {
  await vm.succeed('touch /run/healthy')
  const checked: number[] = []
  await using _healthy = vm.pollingCondition(
    async () => {
      checked.push(performance.now())
      return vm.succeed('test -e /run/healthy')
    },
    { intervalMs: 100, description: 'it is healthy' },
  )
  await vm.succeed('sleep 1')
  expect(checked.length).toBeGreaterThan(1)
  const start = performance.now()
  const running = vm.succeed('rm /run/healthy; exec -a fledge-long sleep 1000')
  await expect(running).rejects.toMatchObject({
    code: 'ERR_FLEDGE_CONDITION',
    machine: vm.name,
    message: expect.stringMatching(
      /^The condition "it is healthy" does not hold any more: .*failed with exit code 1/,
    ),
    cause: expect.objectContaining({ code: 'ERR_FLEDGE_COMMAND_FAILED' }),
  })
  expect(performance.now() - start).toBeLessThan(60_000)
  // It has been told, and is over.
  await vm.waitUntilFails(['pgrep', '--full', '^fledge-long'], { timeoutMs: 60_000 })
})

test('a condition that fails while nothing runs fails the next verb, or its stop', async ({ vm }) => {
  const first = vm.pollingCondition(() => false, { intervalMs: 10 })
  await expect.poll(() => vm.succeed('true').then(() => '', String)).toContain('it gave false')
  await vm.succeed('true')
  await first.stop()
  const second = vm.pollingCondition(
    function answers() {
      throw new Error('no answer')
    },
    { intervalMs: 10 },
  )
  await new Promise((resolve) => setTimeout(resolve, 200))
  await expect(second.stop()).rejects.toThrow('The condition "answers" does not hold any more: no answer')
  await second.stop()
  await vm.succeed('true')
})

test('a check that hangs fails, and a condition that is stopped checks no more', async ({ vm }) => {
  const hanging = vm.pollingCondition(() => new Promise(() => {}), { timeoutMs: 100 })
  await expect(vm.succeed('sleep 1000')).rejects.toThrow(/its check did not end within 100 ms/)
  await hanging.stop()
  let checks = 0
  const counting = vm.pollingCondition(() => ++checks, { intervalMs: 10 })
  await expect.poll(() => checks).toBeGreaterThan(2)
  await counting.stop()
  const before = checks
  await vm.sleep(200)
  expect(checks).toBe(before)
})

test('what a condition asks is no step, and it ends with its machine', async () => {
  const steps: string[] = []
  const vm = await launch(image, {
    hooks: {
      around: async ({ verb, detail }, run) => {
        steps.push(`${verb} ${detail}`)
        return run()
      },
    },
  })
  let checks = 0
  vm.pollingCondition(
    async () => {
      checks++
      return vm.succeed('true')
    },
    { intervalMs: 10 },
  )
  await expect.poll(() => checks, { timeout: 60_000 }).toBeGreaterThan(2)
  await vm.succeed('sleep 0')
  await vm.stop()
  expect(steps).toEqual(['succeed sleep 0'])
  const before = checks
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(checks).toBe(before)
})

checkLeaks()
