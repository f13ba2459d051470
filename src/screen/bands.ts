import { createHash } from 'node:crypto'

import type { Picture } from './picture.ts'

/** A part of a picture from edge to edge that has something on it: on a text console mostly one line of text. */
export interface Band {
  /** The first row of pixels. */
  readonly top: number
  readonly picture: Picture
  /** The same for all bands that look the same. */
  readonly digest: string
}

/** An underscore is as far as this below its letters; lines of text are further apart. */
const mostGap = 2

/** Cuts a picture where whole rows of pixels have one colour. */
export function cutBands(picture: Picture): Band[] {
  const bands: Band[] = []
  let top: number | undefined
  let bottom = 0
  const close = (): void => {
    if (top !== undefined) bands.push(band(picture, top, bottom))
    top = undefined
  }
  for (let row = 0; row < picture.height; row++) {
    if (isPlain(rows(picture, row, row + 1))) continue
    if (row - bottom > mostGap) close()
    top ??= row
    bottom = row + 1
  }
  close()
  return bands
}

function band(picture: Picture, top: number, bottom: number): Band {
  const rgb = rows(picture, top, bottom)
  const digest = createHash('sha1').update(`${picture.width} `).update(rgb).digest('hex')
  return { top, picture: { width: picture.width, height: bottom - top, rgb }, digest }
}

function rows({ width, rgb }: Picture, from: number, to: number): Buffer {
  return rgb.subarray(from * width * 3, to * width * 3)
}

/** A row of one colour is the same when it is moved by a pixel. */
function isPlain(row: Buffer): boolean {
  return row.subarray(3).equals(row.subarray(0, -3))
}
