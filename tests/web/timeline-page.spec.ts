import { writeFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

import type { Locator, Page, TestInfo } from '@playwright/test'

import { closeBrowser, expect, test } from '../fixtures/browser.ts'
import { checkLeaks } from '../fixtures/leaks.ts'
import { sampleTimeline } from '../fixtures/timeline-sample.ts'
import type { TimelineData } from '../../src/test/timeline-data.ts'
import { timelinePage } from '../../src/test/timeline-page.ts'

test.use({ viewport: { width: 1280, height: 860 } })

/** Opens the page from a file, as from a report. */
async function open(page: Page, testInfo: TestInfo, data: TimelineData): Promise<void> {
  const path = testInfo.outputPath('timeline.html')
  await writeFile(path, await timelinePage(data))
  await page.goto(pathToFileURL(path).href)
  await expect(page.locator('#page')).not.toHaveAttribute('aria-busy')
}

const list = (page: Page): Locator => page.getByRole('listbox', { name: 'All that happened' })
const details = (page: Page): Locator => page.getByRole('region', { name: 'Details' })

test('shows the command that failed, with its output and what the machine said meanwhile', async ({
  page,
}, testInfo) => {
  await open(page, testInfo, sampleTimeline())
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(
    'failed the package installs and its service answers',
  )
  await expect(details(page)).toContainText('succeed: curl --fail http://localhost:8080/greeting')
  await expect(details(page)).toContainText('The requested URL returned error: 500')
  const meanwhile = page.getByRole('listbox', { name: 'Said meanwhile' })
  await expect(meanwhile.getByRole('option').first()).toContainText('13.0')
  await meanwhile.focus()
  await page.keyboard.press('End')
  await expect(details(page).getByRole('heading', { name: 'During' })).toBeVisible()
})

test('a click on a command shows its output and only what was said while it ran', async ({
  page,
}, testInfo) => {
  const { machines, ...rest } = sampleTimeline(0)
  await open(page, testInfo, {
    ...rest,
    machines: machines.map((each) => ({ ...each, console: each.console.slice(0, 30) })),
  })
  await page
    .getByRole('group', { name: /^Commands of/ })
    .getByRole('button', { name: 'hello --version' })
    .click()
  await expect(details(page)).toContainText('hello (GNU Hello) 2.10')
  await expect(details(page)).toContainText('9.250 s · 450 ms · exit code 0')
  const said = page.getByRole('listbox', { name: 'Said meanwhile' }).getByRole('option')
  await expect(said).toHaveText([
    '9.280 sconsole[   49.880000] hello: worker 24 is ready',
    '9.650 sconsole[   50.250000] hello: worker 25 is ready',
  ])
  await page
    .getByRole('group', { name: /^Commands of/ })
    .getByRole('button', { name: 'curl' })
    .click()
  await expect(said).toHaveText([/13\.900 sjournalhello\[812\] cannot read \/etc\/hello.conf/])
  await expect(list(page).locator('[aria-selected=true]')).toContainText('curl')
})

test('finds what is searched in commands, their output, the console and the journal', async ({
  page,
}, testInfo) => {
  await open(page, testInfo, sampleTimeline())
  const search = page.getByRole('searchbox')
  const count = page.locator('.count')
  await expect(count).toHaveText('450 lines')
  await search.fill('HELLO.conf')
  await expect(count).toHaveText('1 of 450 lines')
  await expect(list(page).locator('mark')).toHaveText('hello.conf')
  await search.fill('setting up hello')
  await expect(list(page).getByRole('option')).toHaveText([/apt-get -yq install/])
  await search.fill('worker 7 ')
  await expect(list(page).getByRole('option')).toHaveText([/hello: worker 7 is ready/])
  await search.fill('nowhere')
  await expect(count).toHaveText('0 of 450 lines')
  await search.fill('')
  await expect(count).toHaveText('450 lines')
  await page.getByLabel('journal', { exact: true }).uncheck()
  await expect(count).toHaveText('49 of 450 lines')
})

test('can be used by the keyboard', async ({ page }, testInfo) => {
  await open(page, testInfo, sampleTimeline())
  const selected = list(page).locator('[aria-selected=true]')
  await page.keyboard.press('p')
  await expect(selected).toContainText('waitForOpenPort')
  await page.keyboard.press('n')
  await expect(selected).toContainText('curl')
  await page.keyboard.press('/')
  await page.keyboard.type('worker 1')
  await page.keyboard.press('Enter')
  await expect(list(page)).toBeFocused()
  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowDown')
  await expect(selected).toContainText('worker 10 is ready')
  await expect(details(page)).toContainText('hello: worker 10 is ready')
  await page.keyboard.press('+')
  await expect(page.locator('.count')).not.toHaveText('11 of 450 lines')
  await page.keyboard.press('0')
  await expect(page.locator('.count')).toHaveText('11 of 450 lines')
})

test('a span of time that is dragged over is all that is shown', async ({ page }, testInfo) => {
  await open(page, testInfo, sampleTimeline())
  const box = await page.getByRole('group', { name: /^Console of/ }).boundingBox()
  if (!box) throw new Error('The lane is not there')
  await page.mouse.move(box.x + box.width * 0.25, box.y + 10)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.5, box.y + 12, { steps: 4 })
  await page.mouse.up()
  const first = list(page).locator('.time').first()
  // Within half a second of it.
  await expect.poll(async () => Number.parseFloat((await first.textContent()) ?? '')).toBeCloseTo(4, 0)
  await expect(page.locator('.mark').last()).toHaveText(/^7\.\d s$/)
  await page.getByRole('button', { name: 'Show all' }).click()
  await expect(page.locator('.count')).toHaveText('450 lines')
})

test('takes texts of a guest for texts', async ({ page }, testInfo) => {
  const hostile = '</script><img src=x onerror="document.title=`broken`"><mark>$& $1'
  const { machines, test: about, ...rest } = sampleTimeline(0)
  await open(page, testInfo, {
    ...rest,
    test: { ...about, title: hostile },
    machines: machines.map((each) => ({ ...each, journal: [[about.startMs + 1, 3, hostile, hostile]] })),
  })
  await list(page).focus()
  await page.keyboard.press('Home')
  await expect(details(page).locator('pre')).toHaveText(hostile)
  await expect(page).toHaveTitle(`${hostile}: machine timeline`)
  await expect(page.locator('mark')).toHaveCount(0)
})

test('holds 10 MB of journal, and asks nobody for anything', async ({ page }, testInfo) => {
  const data = sampleTimeline(130_000)
  const json = JSON.stringify(data)
  expect(json.length).toBeGreaterThan(10_000_000)
  const requests: string[] = []
  page.on('request', (request) => requests.push(new URL(request.url()).protocol))
  // What the browser takes to unpack and read as much, and to look at each line once.
  const packed = (await promisify(gzip)(json)).toString('base64')
  await page.goto('about:blank')
  const leastMs = await page.evaluate(async (base64) => {
    const start = performance.now()
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    const unpacked = new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')))
    const { machines } = (await unpacked.json()) as {
      machines: { journal: [number, number, string, string][] }[]
    }
    machines[0]?.journal.filter(([, , , message]) => message.toLowerCase().includes('x'))
    return performance.now() - start
  }, packed)
  const start = performance.now()
  await open(page, testInfo, data)
  const openMs = performance.now() - start
  const startSearch = performance.now()
  await page.getByRole('searchbox').fill('hello.conf')
  await expect(page.locator('.count')).toHaveText('1 of 130,050 lines')
  const searchMs = performance.now() - startSearch
  testInfo.annotations.push({
    type: 'time',
    description: `least ${leastMs} ms, open ${openMs} ms, search ${searchMs} ms`,
  })
  expect(openMs).toBeLessThan(15 * leastMs + 2_000)
  expect(searchMs).toBeLessThan(5 * leastMs + 1_000)
  await page.getByRole('searchbox').fill('')
  await expect(page.locator('.count')).toHaveText('130,050 lines')
  await list(page).focus()
  await page.keyboard.press('End')
  await expect(list(page).locator('[aria-selected=true]')).toHaveAttribute('aria-posinset', '130050')
  expect(await list(page).getByRole('option').count()).toBeLessThan(100)
  expect([...new Set(requests)].toSorted()).toEqual(['file:'])
})

for (const [name, viewport, colorScheme] of [
  ['light at 1280 pixels', { width: 1280, height: 860 }, 'light'],
  ['dark at 1280 pixels', { width: 1280, height: 860 }, 'dark'],
  ['narrow', { width: 390, height: 844 }, 'light'],
] as const) {
  test.describe(name, () => {
    test.use({ viewport, colorScheme })
    test(`is a picture in which nothing overlaps or sticks out: ${name}`, async ({ page }, testInfo) => {
      await open(page, testInfo, sampleTimeline())
      const { width } = viewport
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
      // What is inside of a box that hides the rest, too.
      for (const inner of await page.locator('.track, .axis, .tools > *, .row > *, .details > *').all()) {
        const box = await inner.boundingBox()
        if (box)
          expect(box.x + box.width, (await inner.getAttribute('class')) ?? '').toBeLessThanOrEqual(width)
      }
      const parts = ['header', '.tools', '.lanes', '.panes > .list', '.details']
      const boxes = await Promise.all(parts.map((part) => page.locator(part).boundingBox()))
      const places = boxes.map((box) => box ?? { x: 0, y: 0, width: 0, height: 0 })
      for (const [index, box] of places.entries()) {
        expect(box.width * box.height, parts[index]).toBeGreaterThan(5_000)
        expect(box.x, parts[index]).toBeGreaterThanOrEqual(0)
        expect(box.x + box.width, parts[index]).toBeLessThanOrEqual(width)
        for (const [other, before] of places.slice(0, index).entries()) {
          const isBeside = before.y + before.height <= box.y || before.x + before.width <= box.x
          expect(isBeside, `${parts[other]} and ${parts[index]}`).toBe(true)
        }
      }
      const picture = (await page.screenshot({ path: testInfo.outputPath('page.png') })).toString('base64')
      const { brightness, colours } = await page.evaluate(look, picture)
      expect(colours).toBeGreaterThan(50)
      if (colorScheme === 'dark') expect(brightness).toBeLessThan(0.25)
      else expect(brightness).toBeGreaterThan(0.8)
    })
  })
}

/** How bright a picture is, from 0 to 1, and how many colours it has. It runs in the page. */
async function look(png: string): Promise<{ brightness: number; colours: number }> {
  const image = new Image()
  image.src = `data:image/png;base64,${png}`
  await image.decode()
  const canvas = new OffscreenCanvas(image.width, image.height)
  const context = canvas.getContext('2d')
  context?.drawImage(image, 0, 0)
  const { data = new Uint8ClampedArray() } = context?.getImageData(0, 0, image.width, image.height) ?? {}
  const pixels = new Uint32Array(data.buffer)
  const sum = data.reduce((total, value, index) => (index % 4 === 3 ? total : total + value), 0)
  return { brightness: sum / (255 * 0.75 * data.length), colours: new Set(pixels).size }
}

closeBrowser()

checkLeaks()
