import { readFileSync } from 'node:fs'

import { PNG } from 'pngjs'

import type { Picture } from '../../../src/screen/picture.ts'

/** Of each line of the console, in pixels. */
export const lineHeight = 16

/** A full text console of 80 × 25 characters in the VGA font, as the kernel draws it: 720 × 400 pixels. */
export function consolePicture(): Picture {
  const { width, height, data } = PNG.sync.read(readFileSync(new URL('console.png', import.meta.url)))
  const rgb = Buffer.alloc(width * height * 3)
  for (let index = 0; index < width * height; index++) data.copy(rgb, index * 3, index * 4, index * 4 + 3)
  return { width, height, rgb }
}

/** The console with one of its lines in the place of another. */
export function withLine({ width, height, rgb }: Picture, line: number, from: number): Picture {
  const size = lineHeight * width * 3
  const changed = Buffer.from(rgb)
  rgb.copy(changed, line * size, from * size, (from + 1) * size)
  return { width, height, rgb: changed }
}

export function pngOf({ width, height, rgb }: Picture): Buffer {
  const png = new PNG({ width, height })
  for (let at = 0; at < width * height; at++) {
    rgb.copy(png.data, at * 4, at * 3, at * 3 + 3)
    png.data[at * 4 + 3] = 255
  }
  return PNG.sync.write(png)
}
