import { currentInterruption, interruptible, launch } from '../../src/index.ts'
import { errorOf } from '../fixtures/error-of.ts'
import { checkLeaks } from '../fixtures/leaks.ts'
import { expect, image, test } from '../fixtures/machine.ts'

test('interruptible: verbs in it end when its signal aborts, with what they started, and no others', async ({
  vm,
}) => {
  const controller = new AbortController()
  const other = vm.succeed('sleep 2; echo other')
  const ended = errorOf(
    interruptible(controller.signal, async () => {
      expect(currentInterruption()).toBe(controller.signal)
      // Whether they have a signal of their own or not.
      await Promise.all([
        vm.succeed('exec -a to-end sleep 1000'),
        vm.succeed('exec -a to-end sleep 1000', { signal: new AbortController().signal }),
      ])
    }),
  )
  await vm.waitUntilSucceeds('[ "$(pgrep -c -f "^to-end 1000")" = 2 ]')
  controller.abort()
  expect(await ended).toMatchObject({ code: 'ERR_FLEDGE_ABORTED' })
  await vm.waitUntilFails('pgrep -f "^to-end 1000"')
  expect((await other).stdout).toBe('other\n')
  expect(currentInterruption()).toBeUndefined()
})

test('interruptible: a launch in it ends when its signal aborts, and leaves no machine', async () => {
  const controller = new AbortController()
  const ended = errorOf(interruptible(controller.signal, async () => launch(image)))
  controller.abort()
  expect(await ended).toMatchObject({ code: 'ERR_FLEDGE_ABORTED' })
})

checkLeaks()
