import { createHmac, timingSafeEqual } from 'node:crypto'

import * as v from 'valibot'

const envelope = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ verdict: v.string(), signature: v.nullable(v.string()) }),
)

/** What was read: the text, or why it is not trusted. */
export type Opened = { readonly text: string } | { readonly refused: string }

/** Puts a text into an envelope, which is signed where there is a key. */
export function signText(text: string, key: string | undefined): string {
  const signature = key === undefined ? null : sign(text, key)
  return `${JSON.stringify({ verdict: text, signature }, null, 2)}\n`
}

/** Takes a text out of its envelope. With a key, only what was signed by it. */
export function openSigned(file: string, key: string | undefined): Opened {
  const parsed = v.safeParse(envelope, file)
  if (!parsed.success) return { refused: 'it cannot be read' }
  const { verdict, signature } = parsed.output
  if (key === undefined) return { text: verdict }
  if (signature === null) return { refused: 'it is not signed' }
  const [given, wanted] = [Buffer.from(signature), Buffer.from(sign(verdict, key))]
  const isRight = given.length === wanted.length && timingSafeEqual(given, wanted)
  return isRight ? { text: verdict } : { refused: 'its signature is wrong' }
}

function sign(text: string, key: string): string {
  return `hmac-sha256:${createHmac('sha256', key).update(text).digest('hex')}`
}
