import type { Answer } from '../http-client.ts'
import { parseRetryAfter } from './back-off.ts'
import type { Origin } from './part-file.ts'

/** What is there already, and what is known of the whole. */
export interface Wanted {
  /** Where the part ends, from where on the file was asked for; the whole, if 0. */
  readonly offset: number
  readonly bytes?: number | undefined
  readonly origin?: Origin | undefined
}

/** What to do with an answer. */
export type Judgement =
  /** Its body goes on where the part ends; or it is the whole file, before which the part has to be forgotten. */
  | { readonly act: 'append' | 'begin'; readonly total?: number | undefined }
  /** It cannot go on with this part: ask for the whole file. */
  | { readonly act: 'start-over' }
  | { readonly act: 'try-again'; readonly why: string; readonly retryAfterMs?: number | undefined }
  | { readonly act: 'give-up'; readonly why: string; readonly gone: boolean }

/** Decides by status and headers what an answer is good for. Not every server means what it says. */
export function judgeResponse({ status, headers }: Answer, { offset, bytes, origin }: Wanted): Judgement {
  if (status === 200) {
    const total = wholeNumber(headers['content-length'])
    if (bytes !== undefined && total !== undefined && total !== bytes) return wrongSize(total, bytes)
    return { act: 'begin', total: total ?? bytes }
  }
  if (status === 206 && offset > 0) {
    const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range']?.trim() ?? '') ?? []
    const size = total === '*' ? bytes : wholeNumber(total)
    if (Number(first) !== offset || (bytes !== undefined && size !== bytes) || isOther(headers, origin)) {
      return { act: 'start-over' }
    }
    return { act: 'append', total: size }
  }
  if (status === 416 && offset > 0) return { act: 'start-over' }
  if (status === 404 || status === 410)
    return { act: 'give-up', why: `it is not there (${status})`, gone: true }
  const why = `the server answers with status ${status}`
  if (status >= 500 || status === 429 || status === 408) {
    return { act: 'try-again', why, retryAfterMs: parseRetryAfter(headers['retry-after']) }
  }
  return { act: 'give-up', why, gone: false }
}

function wrongSize(total: number, bytes: number): Judgement {
  return { act: 'give-up', why: `the file has ${total} bytes, and ${bytes} are expected`, gone: false }
}

/** Whether the server says that it has another file by now. */
function isOther(headers: Answer['headers'], origin: Origin | undefined): boolean {
  const { etag } = headers
  return etag !== undefined && origin?.etag !== undefined && etag !== origin.etag
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
