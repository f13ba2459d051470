import { writeFile } from 'node:fs/promises'

import { launch, type Machine } from '../../src/index.ts'
import { keyNames } from '../../src/qemu/key-names.ts'
import { errorOf } from '../fixtures/error-of.ts'
import { checkLeaks } from '../fixtures/leaks.ts'
import { expect, test } from '../fixtures/machine.ts'

/** What is typed on the first console goes into a file, line by line. */
async function readConsole(vm: Machine): Promise<void> {
  await vm.systemctl('stop getty@tty1.service')
  const unit = [
    'StandardInput=tty',
    'TTYPath=/dev/tty1',
    'StandardOutput=file:/tmp/typed',
    'StandardError=null',
  ]
  await vm.succeed([
    'systemd-run',
    '--unit=reader',
    '--service-type=exec',
    ...unit.map((each) => `--property=${each}`),
    'cat',
  ])
  await vm.waitForUnit('reader.service')
}

/** Waits for the end of what is typed, and gives all of it. */
async function typed(vm: Machine): Promise<string> {
  await vm.sendChars('\n.end\n')
  await vm.waitUntilSucceeds('grep -qx "[.]end" /tmp/typed')
  return (await vm.succeed('cat /tmp/typed')).stdout.replace(/\n\.end\n$/, '')
}

test('sendChars types every character of ASCII, and long texts without a loss', async ({ vm }) => {
  await readConsole(vm)
  const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('')
  const long = 'The quick brown fox jumps over 13 lazy dogs. '.repeat(8)
  await vm.sendChars(`${ascii}\n\t${long}`)
  expect(await typed(vm)).toBe(`${ascii}\n\t${long}`)
})

test('sendChars types nothing of a text that the layout cannot type', async ({ vm }) => {
  await readConsole(vm)
  const error = await errorOf(vm.sendChars('price: 5 €'))
  expect(error).toMatchObject({
    code: 'ERR_FLEDGE_OPTION',
    message: 'Cannot use chars "price: 5 €" of sendChars: the keyboard layout "us" has no "€"',
  })
  // A German board has z where this guest, which has an American one, reads y.
  await vm.sendChars('yz', { layout: 'de' })
  expect(await typed(vm)).toBe('zy')
})

test('sendKey presses chords, and single keys', async ({ vm }) => {
  await vm.sendKey('ctrl-alt-f2')
  await vm.waitUntilSucceeds('grep -qx tty2 /sys/class/tty/tty0/active')
  await vm.sendKey('alt-f1')
  await vm.waitUntilSucceeds('grep -qx tty1 /sys/class/tty/tty0/active')
  await readConsole(vm)
  await vm.sendChars('abx')
  await vm.sendKey('backspace')
  await vm.sendKey('shift-c')
  expect(await typed(vm)).toBe('abC')
})

test('every key that sendKey takes is one of QEMU', async ({ vm }) => {
  // These end or suspend the guest.
  const harmless = keyNames.filter((name) => !['power', 'sleep'].includes(name))
  for (const name of harmless) expect(await vm.sendMonitorCommand(`sendkey ${name} 1`), name).toBe('')
  expect(await vm.sendMonitorCommand('sendkey enter 1')).toContain('invalid parameter')
})

test('sendChars ends with its deadline, and says how far it came', async ({ vm }) => {
  const error = await errorOf(vm.sendChars('x'.repeat(100_000), { timeoutMs: 1_000 }))
  expect(error.code).toBe('ERR_FLEDGE_TIMEOUT')
  expect(error.lastSeen).toMatch(/^\d+ of 100000 keys were pressed$/)
})

for (const image of ['debian:12-minimal', 'debian:13-minimal']) {
  test(`what is typed at the login of ${image} is read on its screen`, async () => {
    await using vm = await launch(image)
    const { text, box } = await vm.waitForText('login:')
    expect(text).toBe('login:')
    expect(box.width).toBeGreaterThan(box.height)
    await vm.sendChars('root\n')
    // Its w is easily taken for a u.
    await vm.waitForText(/Pass.+ord|root@/)
    expect((await vm.getScreenText()).text).toMatch(/login: root/)
  })
}

test('waitForText finds what is written later, and tells what is there when it does not', async ({ vm }) => {
  await vm.systemctl('stop getty@tty1.service')
  await vm.succeed(String.raw`printf '\033[2J\033[Hnothing of interest\n' > /dev/tty1`)
  await vm.waitForText('nothing of interest')
  await vm.succeed('(sleep 2; echo "the build has ended" > /dev/tty1) > /dev/null 2>&1 &')
  await vm.waitForText(/build has \w+/)
  const start = performance.now()
  const error = await errorOf(vm.waitForText('never to be seen', { timeoutMs: 3_000 }))
  expect(performance.now() - start).toBeLessThan(3_500)
  expect(error.code).toBe('ERR_FLEDGE_TIMEOUT')
  expect(error.lastSeen).toContain('the build has ended')
})

test('waitForScreenshot waits for a picture, within a tolerance', async ({ vm }) => {
  await vm.systemctl('stop getty@tty1.service')
  // Without a cursor, which blinks.
  const show = (line: string): Promise<unknown> =>
    vm.succeed(['sh', '-c', String.raw`printf '\033[2J\033[H\033[?25l%s\n' "$1" > /dev/tty1`, 'sh', line])
  await show('one')
  await vm.succeed('sleep 1')
  const picture = test.info().outputPath('one.png')
  await writeFile(picture, await vm.screenshot())
  await vm.waitForScreenshot(picture, { timeoutMs: 60_000 })
  await show('two and more')
  await vm.succeed('sleep 1')
  const error = await errorOf(vm.waitForScreenshot(picture, { timeoutMs: 3_000 }))
  expect(error.code).toBe('ERR_FLEDGE_TIMEOUT')
  expect(error.lastSeen).toMatch(/^0\.\d+ % of the pixels differ, and 0 % may$/)
  await vm.waitForScreenshot(picture, { timeoutMs: 60_000, maxDiffPixelRatio: 0.01 })
  const waiting = vm.waitForScreenshot(picture, { timeoutMs: 60_000 })
  await show('one')
  await waiting
})

checkLeaks()
