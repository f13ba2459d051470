import { styleText } from 'node:util'

/** The styles that output has where it is read by a person. */
export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red'

/** Styles a text, if the stream is a terminal that has colours and the user has nothing against them. */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  const plain = !stream.isTTY || Boolean(process.env['NO_COLOR']) || process.env['TERM'] === 'dumb'
  return plain ? text : styleText(style, text)
}
