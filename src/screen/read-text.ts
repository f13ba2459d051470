import { cutBands } from './bands.ts'
import { layOut } from './page.ts'
import type { ScreenBox, Picture } from './picture.ts'
import { TextEngine } from './text-engine.ts'

/** A word on a screen. */
export interface ScreenWord {
  readonly text: string
  /** How sure the recognition is, from 0 to 100. */
  readonly confidence: number
  /** In pixels of the screen. */
  readonly box: ScreenBox
}

/** The text on a screen, as far as it was recognised. */
export interface ScreenText {
  /** Line by line; the spaces between words are one each. */
  readonly text: string
  /** By lines, from the top down. */
  readonly lines: readonly (readonly ScreenWord[])[]
}

type Lines = ScreenText['lines']

/** A screen has some fifty lines. */
const mostKept = 2_000

/** What was read before, by the digests of bands: the lines of each, with places within the band. */
const kept = new Map<string, Lines>()
const engine = new TextEngine()

/** Keeps what {@link readText} needs loaded until it is disposed of. */
export function holdEngine(): Disposable {
  return engine.hold()
}

/** Recognises the text in a picture; what looks as something did before is not recognised again. */
export async function readText(picture: Picture, signal: AbortSignal): Promise<ScreenText> {
  const bands = cutBands(picture)
  const fresh = [...new Map(bands.map((band) => [band.digest, band])).values()].filter(
    ({ digest }) => !kept.has(digest),
  )
  if (fresh.length > 0) {
    const found = await recognise(
      fresh.map((band) => band.picture),
      signal,
    )
    for (const [index, { digest }] of fresh.entries()) kept.set(digest, found[index] ?? [])
  }
  const lines = bands.flatMap(({ digest, top }) =>
    (recall(digest) ?? []).map((words) => words.map((word) => lowered(word, top))),
  )
  forgetOldest()
  return { text: lines.map((words) => words.map(({ text }) => text).join(' ')).join('\n'), lines }
}

async function recognise(pictures: readonly Picture[], signal: AbortSignal): Promise<Lines[]> {
  const page = layOut(pictures)
  const found = pictures.map((): ScreenWord[][] => [])
  for (const { words } of await engine.read(page.image, signal)) {
    const first = words[0]
    if (first === undefined) continue
    const picture = page.pictureAt((first.bbox.y0 + first.bbox.y1) / 2)
    found[picture]?.push(
      words.map(({ text, confidence, bbox }) => ({ text, confidence, box: page.boxIn(picture, bbox) })),
    )
  }
  return found
}

/** What is used stays longest. */
function recall(digest: string): Lines | undefined {
  const lines = kept.get(digest)
  if (lines !== undefined && kept.delete(digest)) kept.set(digest, lines)
  return lines
}

function forgetOldest(): void {
  for (const digest of kept.keys()) {
    if (kept.size <= mostKept) return
    kept.delete(digest)
  }
}

function lowered(word: ScreenWord, by: number): ScreenWord {
  return { ...word, box: { ...word.box, y: word.box.y + by } }
}
