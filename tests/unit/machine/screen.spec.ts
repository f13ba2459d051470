import { setTimeout as sleep } from 'node:timers/promises'

import { PNG } from 'pngjs'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { consolePicture, pngOf, withLine } from '../screen/console-picture.ts'
import { expect, test } from './machine-with-screen.ts'

const noPicture = { width: 720, height: 400, rgb: Buffer.alloc(720 * 400 * 3) }

test('waitForText waits for what comes, and gives its place', async ({ machine }) => {
  const { vm, show } = machine
  await show(noPicture)
  const waiting = vm.waitForText('debian login:', { timeoutMs: 60_000 })
  await sleep(200)
  await show(consolePicture())
  const { text, box } = await waiting
  expect(text).toBe('debian login:')
  // The last of 25 lines, in cells of 9 × 16 pixels.
  expect(box.y).toBeGreaterThanOrEqual(24 * 16)
  expect(box.x + box.width).toBeLessThanOrEqual(13 * 9)
  const screen = await vm.getScreenText()
  expect(screen.text.split('\n').at(-1)).toBe('debian login:')
})

test('waitForText ends with its deadline while it reads, and tells what it has read', async ({ machine }) => {
  const { vm, show } = machine
  await show(consolePicture())
  await vm.getScreenText()
  const start = performance.now()
  const late = vm.waitForText(/no such (text|line)/, { timeoutMs: 1_500 })
  await expect(late).rejects.toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
    message: expect.stringMatching(
      /^waitForText .* did not end within 1500 ms; last seen: the screen's text\n/,
    ),
    lastSeen: expect.stringContaining('Reading package lists... Done'),
  })
  expect(performance.now() - start).toBeLessThan(2_000)
})

test('waitForScreenshot waits for a picture, and tells how far from it the screen is', async ({
  machine,
}) => {
  const { vm, show } = machine
  const picture = consolePicture()
  const png = pngOf(picture)
  await show(withLine(picture, 0, 1))
  const late = vm.waitForScreenshot(png, { timeoutMs: 1_500 })
  await expect(late).rejects.toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
    message: expect.stringContaining('waitForScreenshot a picture of 720 × 400 did not end'),
    lastSeen: expect.stringMatching(/^0\.\d+ % of the pixels differ, and 0 % may$/),
  })
  await vm.waitForScreenshot(png, { timeoutMs: 30_000, maxDiffPixelRatio: 0.01 })
  const waiting = vm.waitForScreenshot(png, { timeoutMs: 30_000 })
  await show(picture)
  await waiting
})

test('waitForScreenshot tells when the screen has another size', async ({ machine }) => {
  await machine.show(noPicture)
  const other = PNG.sync.write(new PNG({ width: 640, height: 480 }))
  await expect(machine.vm.waitForScreenshot(other, { timeoutMs: 300 })).rejects.toMatchObject({
    lastSeen: 'the screen has 720 × 400 pixels, and the picture 640 × 480',
  })
})

checkLeaks()
