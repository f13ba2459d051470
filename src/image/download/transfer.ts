import { type HttpClient, NetworkError, type Response } from '../http-client.ts'
import { judgeResponse } from './judge-response.ts'
import type { Origin, PartFile } from './part-file.ts'

/** One file from one server. */
export interface Transfer {
  readonly url: string
  readonly part: PartFile
  /** The size that the whole has to have, if it is known. */
  readonly bytes?: number | undefined
  /** Whether the end shows if it is the right file: then what came from elsewhere is good enough to go on with. */
  readonly pinned: boolean
  readonly client: HttpClient
  readonly signal: AbortSignal
  readonly onProgress: (done: number, total: number | undefined) => void
}

/** How one try ended. */
export type Outcome =
  | { readonly end: 'whole' }
  | { readonly end: 'start-over' }
  | { readonly end: 'broke-off'; readonly why: string; readonly retryAfterMs?: number | undefined }
  | { readonly end: 'refused'; readonly why: string; readonly gone: boolean }

/** Asks once for what the part lacks, and adds what comes. What is there stays, however it ends. */
export async function transfer(task: Transfer): Promise<Outcome> {
  const { part, url, client, signal, bytes } = task
  try {
    const { range, origin } = await rangeFor(task)
    await using response = await client.get(url, { headers: range, signal })
    const judgement = judgeResponse(response, { offset: 'range' in range ? part.size : 0, bytes, origin })
    if (judgement.act === 'start-over') return { end: 'start-over' }
    if (judgement.act === 'try-again') return { ...judgement, end: 'broke-off' }
    if (judgement.act === 'give-up') return { ...judgement, end: 'refused' }
    if (judgement.act === 'begin') {
      await part.restart()
      await part.setOrigin(originOf(url, response, judgement.total))
    }
    return await take(task, response, judgement.total)
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    if (error.passing) return { end: 'broke-off', why: error.message }
    return { end: 'refused', why: error.message, gone: false }
  } finally {
    // What came before an abort is there for the next.
    await part.settle()
  }
}

/** The headers that ask for the rest, where that can be known to be of the same file. */
async function rangeFor({ part, url, pinned }: Transfer): Promise<{
  range: Record<string, string>
  origin: Origin | undefined
}> {
  const known = part.size > 0 ? await part.origin() : undefined
  const origin = known?.url === url ? known : undefined
  // A weak tag may not be asked by.
  const validator = origin?.etag?.startsWith('W/')
    ? origin.lastModified
    : (origin?.etag ?? origin?.lastModified)
  if (part.size === 0 || (!pinned && validator === undefined)) return { range: {}, origin: undefined }
  return {
    range: {
      range: `bytes=${part.size}-`,
      ...(validator === undefined ? {} : { 'if-range': validator }),
    },
    origin,
  }
}

function originOf(url: string, { headers }: Response, total: number | undefined): Origin {
  return { url, etag: headers['etag'], lastModified: headers['last-modified'], total }
}

async function take(task: Transfer, response: Response, total: number | undefined): Promise<Outcome> {
  const { part, onProgress } = task
  onProgress(part.size, total)
  for (let chunk = await response.next(); chunk; chunk = await response.next()) {
    if (total !== undefined && part.size + chunk.length > total) {
      await part.restart()
      return {
        end: 'refused',
        why: `the server sends more than the ${total} bytes that the file has`,
        gone: false,
      }
    }
    await part.append(chunk)
    onProgress(part.size, total)
  }
  return total !== undefined && part.size < total
    ? { end: 'broke-off', why: `the server ends after ${part.size} of ${total} bytes` }
    : { end: 'whole' }
}
