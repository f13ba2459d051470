/** What is on a screen: three bytes a pixel, row by row from the upper left. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly rgb: Buffer
}

/** A part of a screen, in its pixels from the upper left. */
export interface ScreenBox {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/**
 * Reads a picture as QEMU writes it.
 *
 * Source: https://netpbm.sourceforge.net/doc/ppm.html, without comments and with 255 as the highest value
 */
export function parsePpm(bytes: Buffer): Picture {
  const [head, width, height] = /^P6\s(\d+)\s(\d+)\s255\s/.exec(bytes.toString('latin1', 0, 40)) ?? []
  const picture = { width: Number(width), height: Number(height), rgb: bytes.subarray(head?.length ?? 0) }
  if (head === undefined || picture.rgb.length !== picture.width * picture.height * 3) {
    throw new Error('QEMU did not write the whole picture of the screen')
  }
  return picture
}
