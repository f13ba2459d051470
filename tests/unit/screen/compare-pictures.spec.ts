import { expect, test } from '@playwright/test'
import { PNG } from 'pngjs'

import { decodePng, differingPixels } from '../../../src/screen/compare-pictures.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

/** Ten pixels, black but for those that are named. */
function tenPixels(colours: Readonly<Record<number, number>>): Buffer {
  const rgb = Buffer.alloc(30)
  for (const [index, colour] of Object.entries(colours)) rgb.writeUIntBE(colour, Number(index) * 3, 3)
  return rgb
}

async function difference(one: Buffer, other: Buffer, threshold = 0.1): Promise<number> {
  const png = new PNG({ width: 5, height: 2 })
  for (let index = 0; index < 10; index++) {
    other.copy(png.data, index * 4, index * 3, index * 3 + 3)
    png.data[index * 4 + 3] = 255
  }
  const reference = await decodePng(PNG.sync.write(png, { colorType: 2 }))
  return differingPixels({ width: 5, height: 2, rgb: one }, reference, threshold)
}

test('the share of pixels that differ is told', async () => {
  expect(await difference(tenPixels({}), tenPixels({}))).toBe(0)
  expect(await difference(tenPixels({ 3: 0xaaaaaa }), tenPixels({}))).toBe(0.1)
  expect(await difference(tenPixels({ 3: 0xaaaaaa, 9: 0x0000aa }), tenPixels({ 0: 0xff0000 }))).toBe(0.3)
})

test('a colour that is near enough is the same', async () => {
  const [one, other] = [tenPixels({ 4: 0x808080 }), tenPixels({ 4: 0x848484 })]
  expect(await difference(one, other, 0)).toBe(0.1)
  expect(await difference(one, other, 0.1)).toBe(0)
  expect(await difference(one, tenPixels({ 4: 0xffffff }), 0.1)).toBe(0.1)
  expect(await difference(one, tenPixels({ 4: 0xffffff }), 1)).toBe(0)
})

checkLeaks()
