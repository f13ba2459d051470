import type { ScreenBox, Picture } from './picture.ts'

/** Letters of the text console are too small for recognition, which was trained on scans. */
const scale = 2
/** White pixels around each band, without which its first and last letters are lost. */
const margin = 8

/** From a pixel to another, in pixels of the page. */
export interface PagePart {
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
}

/** Pictures one below the other, as black on white and enlarged, to be recognised at one go. */
export interface Page {
  /** A PGM file. */
  readonly image: Buffer
  /** Which of the pictures a row of the page's pixels belongs to. */
  readonly pictureAt: (y: number) => number
  /** A part of the page as one of a picture. */
  readonly boxIn: (picture: number, part: PagePart) => ScreenBox
}

/** Lays out pictures of one width. */
export function layOut(pictures: readonly Picture[]): Page {
  const width = Math.max(0, ...pictures.map((each) => each.width)) * scale + 2 * margin
  const tops: number[] = []
  let height = margin
  for (const picture of pictures) {
    tops.push(height)
    height += picture.height * scale + margin
  }
  const head = Buffer.from(`P5\n${width} ${height}\n255\n`)
  const image = Buffer.alloc(head.length + width * height, 255)
  head.copy(image)
  for (const [index, picture] of pictures.entries()) {
    const at = head.length + (tops[index] ?? 0) * width + margin
    enlarge(inkOf(picture), picture, image.subarray(at), width)
  }
  return {
    image,
    pictureAt: (y) =>
      Math.max(
        0,
        tops.findLastIndex((top) => top - margin / 2 <= y),
      ),
    boxIn: (picture, { x0, y0, x1, y1 }) => {
      const top = tops[picture] ?? 0
      return {
        x: Math.round((x0 - margin) / scale),
        y: Math.round((y0 - top) / scale),
        width: Math.round((x1 - x0) / scale),
        height: Math.round((y1 - y0) / scale),
      }
    },
  }
}

/** How far each pixel is from the background: 255 the farthest, whatever is light or dark, or which colour. */
function inkOf({ width, height, rgb }: Picture): Uint8Array {
  const background = mostCommonColour(rgb)
  const ink = new Uint8Array(width * height)
  let most = 1
  for (let index = 0; index < ink.length; index++) {
    const red = Math.abs((rgb[index * 3] ?? 0) - (background >> 16))
    const green = Math.abs((rgb[index * 3 + 1] ?? 0) - ((background >> 8) & 255))
    const blue = Math.abs((rgb[index * 3 + 2] ?? 0) - (background & 255))
    const distance = Math.max(red, green, blue)
    ink[index] = distance
    if (distance > most) most = distance
  }
  return ink.map((distance) => (distance * 255) / most)
}

function mostCommonColour(rgb: Buffer): number {
  const counts = new Map<number, number>()
  for (let at = 0; at < rgb.length; at += 3) {
    const colour = rgb.readUIntBE(at, 3)
    counts.set(colour, (counts.get(colour) ?? 0) + 1)
  }
  let [common, most] = [0, 0]
  for (const [colour, count] of counts) if (count > most) [common, most] = [colour, count]
  return common
}

/** Draws ink, enlarged and with soft edges, on white paper that is `stride` wide. */
function enlarge(ink: Uint8Array, { width, height }: Picture, paper: Uint8Array, stride: number): void {
  const at = (x: number, y: number): number => ink[y * width + x] ?? 0
  for (let y = 0; y < height * scale; y++) {
    const [upper, lower, down] = between(y, height)
    for (let x = 0; x < width * scale; x++) {
      const [left, right, across] = between(x, width)
      const above = at(left, upper) * (1 - across) + at(right, upper) * across
      const below = at(left, lower) * (1 - across) + at(right, lower) * across
      paper[y * stride + x] = 255 - (above * (1 - down) + below * down)
    }
  }
}

/** The two pixels that an enlarged one lies between, and how near it is to the second. */
function between(position: number, length: number): readonly [number, number, number] {
  const exact = Math.min(length - 1, Math.max(0, (position + 0.5) / scale - 0.5))
  const first = Math.floor(exact)
  return [first, Math.min(length - 1, first + 1), exact - first]
}
