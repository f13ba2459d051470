import { launch, type Machine } from '../../src/index.ts'
import { errorOf } from '../fixtures/error-of.ts'
import { checkLeaks } from '../fixtures/leaks.ts'
import { expect, image, test as base } from '../fixtures/machine.ts'

/** An X server, what it needs for a pointer, and programs that show and tell something. */
const packages = ['xserver-xorg-core', 'xserver-xorg-input-libinput', 'xterm', 'x11-utils', 'xdotool']
const desktop = `${image}+${packages.join(',')}`

const test = base.extend<{ vm: Machine }>({
  vm: async ({}, use) => {
    await using vm = await launch(desktop)
    await use(vm)
  },
})
test.beforeAll(() => test.setTimeout(1_200_000))

async function startX(vm: Machine): Promise<void> {
  await vm.systemctl('stop getty@tty1.service')
  await vm.succeed('systemd-run --unit=display Xorg :0 -noreset vt1')
}

/** All over the screen, in letters as people have them. It writes what the pointer does in it into a file. */
async function startTerminal(vm: Machine): Promise<void> {
  const program = String.raw`printf '\033[?1000hWelcome\n\n   Press here to begin\n'; stty raw -echo; cat > /tmp/clicks`
  const look = ['-fa', 'DejaVu Sans Mono', '-fs', '16', '-geometry', '98x31+0+0', '-bw', '0', '-b', '0']
  const shown = ['xterm', ...look, '-title', 'A "window": (or so)', '-e', 'sh', '-c', program]
  await vm.succeed(['systemd-run', '--unit=terminal', '--setenv=DISPLAY=:0', ...shown])
}

test('waitForX waits for the display, and waitForWindow for a window', async ({ vm }) => {
  const none = await errorOf(vm.waitForX({ timeoutMs: 1_000 }))
  expect(none).toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
    lastSeen: expect.stringContaining('nothing listens at /tmp/.X11-unix/X0'),
  })
  expect((await errorOf(vm.getWindowNames())).message).toContain('unable to open display')
  const display = vm.waitForX()
  await startX(vm)
  await display
  expect(await vm.getWindowNames()).toEqual([])
  const late = await errorOf(vm.waitForWindow('A window', { timeoutMs: 2_000 }))
  expect(late).toMatchObject({ code: 'ERR_FLEDGE_TIMEOUT', lastSeen: 'windows []' })
  const opened = vm.waitForWindow(/^A .*window/)
  await startTerminal(vm)
  expect(await opened).toBe('A "window": (or so)')
  expect(await vm.getWindowNames()).toEqual(['A "window": (or so)'])
})

test('the mouse moves to a pixel, and clickText clicks on a text', async ({ vm }) => {
  const unread = await errorOf(vm.mouse.move(1, 1, { timeoutMs: 5_000 }))
  expect(unread).toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
    lastSeen: 'nothing in the guest reads the pointer yet',
  })
  await startX(vm)
  await vm.waitForX()
  for (const [x, y] of [
    [100, 200],
    [1279, 799],
    [0, 0],
    [641, 399],
  ] as const) {
    await vm.mouse.move(x, y)
    await vm.waitUntilSucceeds(`DISPLAY=:0 xdotool getmouselocation | grep -q '^x:${x} y:${y} '`)
  }
  await startTerminal(vm)
  const { box } = await vm.clickText('Press here')
  expect(box.width).toBeGreaterThan(box.height)
  // Down and up, each as three bytes, the button, the column and the row, all with 32 added: the third row.
  await vm.waitUntilSucceeds('[ $(stat -c %s /tmp/clicks) = 12 ]')
  const clicks = async (): Promise<string[]> =>
    (await vm.succeed('cat /tmp/clicks')).stdout.split('\u001B[M').slice(1)
  const [down = '', up = ''] = await clicks()
  expect([down.charAt(0), down.charAt(2)]).toEqual([' ', '#'])
  expect([up.charAt(0), up.charAt(2)]).toEqual(['#', '#'])
  // In the middle of ten letters that are behind three spaces.
  expect(Math.abs(down.charCodeAt(1) - 32 - 8.5)).toBeLessThan(2)
  await vm.mouse.click(600, 600, { button: 'right', count: 2 })
  await vm.waitUntilSucceeds('[ $(stat -c %s /tmp/clicks) = 36 ]')
  expect((await clicks()).map((each) => each.charAt(0)).join('')).toBe(' #"#"#')
})

checkLeaks()
