import { styleText } from 'node:util'
import type { WriteStream } from 'node:tty'

/** The styles that output has where it is read by a person. */
export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red'

/** Styles a text, if the stream is a terminal that has colours and the user has nothing against them. */
export function paint(style: Style, text: string, stream: WriteStream = process.stdout): string {
  return hasColours(stream) ? styleText(style, text) : text
}

/** Whether what is written to a stream may have colours. */
export function hasColours(stream: WriteStream): boolean {
  return stream.isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb'
}
