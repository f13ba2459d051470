import { setTimeout as sleep } from 'node:timers/promises'

import { expect, test } from '@playwright/test'

import { cutBands } from '../../../src/screen/bands.ts'
import { layOut } from '../../../src/screen/page.ts'
import { TextEngine } from '../../../src/screen/text-engine.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { consolePicture } from './console-picture.ts'

/** Two lines of the console: what takes the time is the whole, not the letters. */
const page = layOut(
  cutBands(consolePicture())
    .slice(-2)
    .map((band) => band.picture),
).image
const never = new AbortController().signal

async function read(engine: TextEngine): Promise<string> {
  const lines = await engine.read(page, never)
  return lines.map(({ words }) => words.map(({ text }) => text).join(' ')).join('\n')
}

test('a hundred readings, with aborts in between, all end', async () => {
  test.setTimeout(300_000)
  const engine = new TextEngine()
  using _ready = engine.hold()
  const wanted = await read(engine)
  expect(wanted).toContain('debian login:')
  for (let round = 0; round < 100; round++) {
    // Every tenth is cut off: before it begins, in the middle, or near its end.
    if (round % 10 === 9) {
      const enough = new Error('enough')
      const controller = new AbortController()
      const reading = engine.read(page, controller.signal)
      const cut = expect(reading).rejects.toBe(enough)
      await sleep((round * 7) % 60)
      controller.abort(enough)
      await cut
    }
    expect(await read(engine)).toBe(wanted)
  }
})

test('an engine that nobody holds lives as long as it reads, and those who wait for their turn', async () => {
  const engine = new TextEngine({ lingerMs: 1 })
  const texts = await Promise.all([read(engine), read(engine), read(engine)])
  expect(new Set(texts).size).toBe(1)
  // It has ended meanwhile, and starts anew.
  await sleep(100)
  expect(await read(engine)).toBe(texts[0])
})

test('a reader is let go at once, while others read and while the engine loads', async () => {
  const engine = new TextEngine()
  const first = read(engine)
  const start = performance.now()
  await expect(engine.read(page, AbortSignal.timeout(20))).rejects.toMatchObject({ name: 'TimeoutError' })
  expect(performance.now() - start).toBeLessThan(500)
  expect(await first).toContain('debian login:')
})

checkLeaks()
