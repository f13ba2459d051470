import type { Picture } from './picture.ts'

/** Four bytes a pixel, as a PNG is decoded to. */
export interface Reference {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** Decodes a PNG, of any kind that there is. */
export async function decodePng(bytes: Buffer): Promise<Reference> {
  const { PNG } = await import('pngjs')
  return PNG.sync.read(bytes)
}

/**
 * The share of pixels, from 0 to 1, by which two pictures of one size differ.
 *
 * @param threshold how far colours may be from each other and pass as the same: 0 for not at all, 1 for black and white
 */
export async function differingPixels(
  picture: Picture,
  reference: Reference,
  threshold: number,
): Promise<number> {
  const { default: pixelmatch } = await import('pixelmatch')
  const { width, height } = reference
  const differing = pixelmatch(withAlpha(picture), reference.data, undefined, width, height, {
    threshold,
    // Letters are drawn with soft edges in one way: a pixel that differs is a difference.
    includeAA: true,
  })
  return differing / (width * height)
}

function withAlpha({ width, height, rgb }: Picture): Uint8Array {
  const pixels = new Uint8Array(width * height * 4).fill(255)
  for (let index = 0; index < width * height; index++) {
    pixels.set(rgb.subarray(index * 3, index * 3 + 3), index * 4)
  }
  return pixels
}
