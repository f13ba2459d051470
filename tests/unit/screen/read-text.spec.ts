import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { expect, test } from '@playwright/test'

import { cutBands } from '../../../src/screen/bands.ts'
import { findText } from '../../../src/screen/find-text.ts'
import { parsePpm, type Picture } from '../../../src/screen/picture.ts'
import { holdEngine, readText, type ScreenText, type ScreenWord } from '../../../src/screen/read-text.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { consolePicture, lineHeight, withLine } from './console-picture.ts'

const expectedLines = [
  'http 80/tcp www',
  'Reading package lists... Done',
  'The following NEW packages will be installed:',
  'Setting up hello (2.10-3) ...',
  'systemctl status nginx.service',
  'debian login:',
]
const placedWord = { text: 'login:', line: 24, column: 7 }

const never = new AbortController().signal

const word = (text: string, x: number, y: number): ScreenWord => ({
  text,
  confidence: 90,
  box: { x, y, width: text.length * 9, height: 12 },
})

/** Nothing that was read before: each line from right to left. */
function mirrored({ width, height, rgb }: Picture): Picture {
  const pixels = Buffer.alloc(rgb.length)
  for (let at = 0; at < width * height; at++) {
    const column = at % width
    rgb.copy(pixels, (at - column + width - 1 - column) * 3, at * 3, at * 3 + 3)
  }
  return { width, height, rgb: pixels }
}

const inverted = ({ width, height, rgb }: Picture): Picture => ({
  width,
  height,
  rgb: rgb.map((value) => 255 - value) as Buffer,
})

/** The same letters in another colour, which were not read before. */
const blue = ({ width, height, rgb }: Picture): Picture => ({
  width,
  height,
  rgb: rgb.map((value, index) => (index % 3 === 2 ? value : 0)) as Buffer,
})

test('a full text console is read, with the places of its words', async () => {
  const screen = await readText(consolePicture(), never)
  for (const line of expectedLines) expect(screen.text).toContain(line)
  const word = screen.lines.flat().find(({ text }) => text === placedWord.text)
  expect(word?.box.y).toBeGreaterThanOrEqual(placedWord.line * lineHeight)
  expect((word?.box.y ?? 0) + (word?.box.height ?? 0)).toBeLessThanOrEqual((placedWord.line + 1) * lineHeight)
  expect(word?.box.x).toBeGreaterThanOrEqual(placedWord.column * 9 - 2)
  expect(word?.box.x).toBeLessThanOrEqual(placedWord.column * 9 + 9)
})

test('light on dark and dark on light are the same', async () => {
  const [dark, light] = [
    await readText(consolePicture(), never),
    await readText(inverted(consolePicture()), never),
  ]
  expect(light.text).toBe(dark.text)
})

test('only what has changed is recognised, and nothing that was read before', async () => {
  const picture = consolePicture()
  const { text } = await readText(picture, never)
  // No recognition begins when it is aborted.
  const aborted = AbortSignal.abort(new Error('recognised again'))
  expect((await readText(picture, aborted)).text).toBe(text)
  expect((await readText(withLine(picture, 0, 2), aborted)).text.split('\n', 1)).toEqual([
    text.split('\n')[2],
  ])
  await expect(readText(mirrored(picture), aborted)).rejects.toThrow('recognised again')
})

test('an abort ends a recognition at once, and the next one is served', async () => {
  using _ready = holdEngine()
  const controller = new AbortController()
  const reading = readText(mirrored(consolePicture()), controller.signal)
  await sleep(300)
  const start = performance.now()
  controller.abort(new Error('enough'))
  await expect(reading).rejects.toThrow('enough')
  expect(performance.now() - start).toBeLessThan(500)
  expect(cutBands(consolePicture()).length).toBeGreaterThan(10)
  await expect(readText(withLine(inverted(consolePicture()), 0, 1), never)).resolves.toBeDefined()
})

test('a full console takes no more than 2.5 times the processor time of the program tesseract', async () => {
  const hasProgram = spawnSync('tesseract', ['--version']).error === undefined
  test.skip(!hasProgram, 'the host has no program tesseract to compare with')
  using _ready = holdEngine()
  // Its first reading would have the loading of the engine in it.
  await readText(mirrored(consolePicture()), never)
  const before = process.cpuUsage()
  await readText(blue(consolePicture()), never)
  const { user, system } = process.cpuUsage(before)
  expect((user + system) / 1_000).toBeLessThan(2.5 * tesseractMs())
})

/** The processor time that the program takes for the console, in milliseconds. */
function tesseractMs(): number {
  const picture = join(import.meta.dirname, 'console.png')
  const line = 'tesseract "$1" - --psm 6 > /dev/null 2>&1; times'
  const env = { ...process.env, OMP_THREAD_LIMIT: '1', LC_ALL: 'C' }
  const said = execFileSync('bash', ['-c', line, 'bash', picture], { encoding: 'utf8', env })
  // The second line is of the children: minutes and seconds, of the program and of the kernel for it.
  const [user = 0, system = 0] = [...(said.split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, seconds]) => (Number(minutes) * 60 + Number(seconds)) * 1_000,
  )
  expect(user).toBeGreaterThan(100)
  return user + system
}

test('an empty screen has no text, and needs no recognition', async () => {
  const rgb = Buffer.alloc(720 * 400 * 3)
  const screen = await readText({ width: 720, height: 400, rgb }, AbortSignal.abort())
  expect(screen).toEqual({ text: '', lines: [] })
})

test('a text is found across words and lines, with a box around them', () => {
  const lines = [
    [word('Debian', 0, 0), word('GNU/Linux', 63, 0)],
    [word('web', 0, 32), word('login:', 36, 32)],
  ]
  const screen: ScreenText = { text: 'Debian GNU/Linux\nweb login:', lines }
  expect(findText(screen, 'login:')).toEqual({ text: 'login:', box: { x: 36, y: 32, width: 54, height: 12 } })
  expect(findText(screen, 'GNU/Linux  web\tlogin')?.box).toEqual({ x: 0, y: 0, width: 144, height: 44 })
  expect(findText(screen, /^web/m)?.text).toBe('web')
  expect(findText(screen, /^web/)).toBeUndefined()
  expect(findText(screen, 'Login')).toBeUndefined()
  const sticky = /login/gy
  sticky.lastIndex = 25
  expect(findText(screen, sticky)?.text).toBe('login')
})

test('a picture that was not written to its end is none', () => {
  expect(parsePpm(Buffer.from('P6\n1 1\n255\nabc'))).toMatchObject({ width: 1, height: 1 })
  for (const bytes of ['', 'P6\n1 1\n255\nab', 'P5\n1 1\n255\nabc', 'P6\n1 1\n255\nabcd']) {
    expect(() => parsePpm(Buffer.from(bytes))).toThrow('the whole picture')
  }
})

checkLeaks()
