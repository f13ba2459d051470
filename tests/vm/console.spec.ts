import { checkLeaks } from '../fixtures/leaks.ts'
import { expect, test } from '../fixtures/machine.ts'

test('waitForConsoleText finds each line once, in turn, and what came before the wait', async ({ vm }) => {
  await vm.succeed('printf "one 1\\ntwo 2\\nthree 3\\n" > /dev/ttyS0')
  await vm.succeed('true')
  expect((await vm.waitForConsoleText(/one (?<number>\d)/)).groups).toEqual({ number: '1' })
  expect((await vm.waitForConsoleText(/\w+ \d/)).input).toBe('two 2')
  // One that has been passed is found no more, but from the launch on.
  await expect(vm.waitForConsoleText('one', { timeoutMs: 500 })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
    lastSeen: 'the last line "three 3"',
  })
  await vm.waitForConsoleText('three', { timeoutMs: 10_000 })
  expect((await vm.waitForConsoleText('one', { from: 'launch' })).index).toBe(0)
  expect(vm.getConsoleLog()).toContain('three 3')
})

test('waitForConsoleText glues no lines, and waits for those to come', async ({ vm }) => {
  const pending = vm.waitForConsoleText(/^be(ginn)?ing/, { timeoutMs: 60_000 })
  await vm.succeed('printf "be\\nginning\\n" > /dev/ttyS0; sleep 0.5; printf "beginning\\n" > /dev/ttyS0')
  expect((await pending).input).toBe('beginning')
})

test('waitForConsoleText sees a prompt, which has no end of line, when all of it has come', async ({
  vm,
}) => {
  const pending = vm.waitForConsoleText(/port \d+/, { timeoutMs: 60_000 })
  await vm.succeed('for each in po rt " " 80 80; do printf "$each" > /dev/ttyS0; done')
  expect((await pending)[0]).toBe('port 8080')
})

test('waitForConsoleText loses nothing of a flood', async ({ vm }) => {
  const pending = vm.waitForConsoleText('line 4000 of', { timeoutMs: 300_000 })
  await vm.succeed('seq -f "line %g of many" 5000 > /dev/ttyS0', { timeoutMs: 300_000 })
  await pending
  await vm.waitForConsoleText('line 4001 of', { timeoutMs: 10_000 })
})

test('the last words of a machine are found by who waits for them', async ({ vm }) => {
  const pending = vm.waitForConsoleText(/reboot: Power down/, { timeoutMs: 300_000 })
  await vm.succeed('echo 7 > /proc/sys/kernel/printk')
  await vm.shutdown()
  await pending
})

test('the text of a virtual console is read without OCR', async ({ vm }) => {
  await vm.succeed(String.raw`printf '\033c\033[?25lfirst line\nünï → \nlast' > /dev/tty1`)
  expect((await vm.getTtyText(1)).split('\n')).toEqual(['first line', 'ünï →', 'last'])
  await vm.succeed('(sleep 1; printf "\\nlate" > /dev/tty1) &')
  expect((await vm.waitUntilTtyMatches(1, /l(a)te/, { timeoutMs: 60_000 }))[1]).toBe('a')
  await expect(vm.waitUntilTtyMatches(1, 'never', { timeoutMs: 1_000 })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
    lastSeen: expect.stringContaining('first line'),
  })
  await expect(vm.getTtyText(60)).rejects.toMatchObject({
    code: 'ERR_FLEDGE_COMMAND_FAILED',
    hint: expect.stringContaining('openvt'),
  })
})

checkLeaks()
