import { checkLeaks } from '../../fixtures/leaks.ts'
import { expect, test } from './machine-with-screen.ts'

test('the keys of a chord go down in its order, and come up the other way round', async ({ machine }) => {
  await machine.vm.sendKey('ctrl-alt-delete')
  expect(await machine.pressed()).toEqual(['+ctrl +alt +delete', '-delete -alt -ctrl'])
})

test('a text is typed key by key, each for its time', async ({ machine }) => {
  const start = performance.now()
  await machine.vm.sendChars('aB\n', { delayMs: 40 })
  expect(performance.now() - start).toBeGreaterThan(6 * 39)
  expect(await machine.pressed()).toEqual(['+a', '-a', '+shift +b', '-b -shift', '+ret', '-ret'])
})

test('nothing is typed of a text with a character that the layout lacks', async ({ machine }) => {
  await expect(machine.vm.sendChars('a€', { layout: 'us' })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_OPTION',
    message: 'Cannot use chars "a€" of sendChars: the keyboard layout "us" has no "€"',
    hint: 'Nothing was typed. Layouts: us, gb, de, fr',
  })
  expect(await machine.pressed()).toEqual([])
  await machine.vm.sendChars('a€', { layout: 'de' })
  expect(await machine.pressed()).toEqual(['+a', '-a', '+alt_r +e', '-e -alt_r'])
})

for (const [key, hint] of [
  ['enter', 'Did you mean "ret"? Text is for sendChars'],
  ['ctrl-alt-Delete', 'Did you mean "delete"? Text is for sendChars'],
  ['ctrl-', 'Did you mean "minus"? Text is for sendChars'],
  ['f1-f1', 'Name each key once, as in "ctrl-alt-f2"'],
  ['a-b-c-d-e', 'Press fewer at the same time'],
] as const) {
  test(`the key "${key}" is refused, and what to do is said`, async ({ machine }) => {
    const error = machine.vm.sendKey(key)
    await expect(error).rejects.toMatchObject({ code: 'ERR_FLEDGE_OPTION', hint })
    expect(await machine.pressed()).toEqual([])
  })
}

test('a key that is held comes up when the call is ended', async ({ machine }) => {
  const error = machine.vm.sendKey('ctrl-c', { delayMs: 60_000, timeoutMs: 100 })
  await expect(error).rejects.toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
    lastSeen: '0 of 1 keys were pressed',
  })
  await expect.poll(() => machine.pressed()).toEqual(['+ctrl +c', '-c -ctrl'])
})

test('typing ends with its deadline, and tells how far it came', async ({ machine }) => {
  const error = machine.vm.sendChars('x'.repeat(1_000), { timeoutMs: 300 })
  await expect(error).rejects.toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
    lastSeen: expect.stringMatching(/^\d+ of 1000 keys were pressed$/),
  })
  const typed = (await machine.pressed()).length
  expect(typed).toBeLessThan(300)
  await expect.poll(async () => (await machine.pressed()).length % 2).toBe(0)
})

checkLeaks()
