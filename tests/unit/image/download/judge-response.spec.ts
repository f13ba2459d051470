import { expect, test } from '@playwright/test'

import type { Answer } from '../../../../src/image/http-client.ts'
import { judgeResponse, type Judgement, type Wanted } from '../../../../src/image/download/judge-response.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'

const origin = { url: 'http://a.example/disk', etag: '"one"', total: 100 }
const fresh: Wanted = { offset: 0, bytes: 100 }
const resumed: Wanted = { offset: 40, bytes: 100, origin }

const cases: readonly (readonly [
  what: string,
  Answer['status'],
  Answer['headers'],
  Wanted,
  Partial<Judgement>,
])[] = [
  ['the whole', 200, { 'content-length': '100' }, fresh, { act: 'begin', total: 100 }],
  ['the whole without its length', 200, {}, fresh, { act: 'begin', total: 100 }],
  ['the whole of nobody knows what', 200, {}, { offset: 0 }, { act: 'begin', total: undefined }],
  [
    'a length that is none',
    200,
    { 'content-length': '1e2' },
    { offset: 0 },
    { act: 'begin', total: undefined },
  ],
  ['the whole instead of the rest', 200, { 'content-length': '100' }, resumed, { act: 'begin', total: 100 }],
  ['another size', 200, { 'content-length': '99' }, fresh, { act: 'give-up', gone: false }],
  ['the rest', 206, { 'content-range': 'bytes 40-99/100' }, resumed, { act: 'append', total: 100 }],
  [
    'the rest of who knows what',
    206,
    { 'content-range': 'bytes 40-99/*' },
    resumed,
    { act: 'append', total: 100 },
  ],
  [
    'the rest, by its tag',
    206,
    { 'content-range': 'bytes 40-99/100', etag: '"one"' },
    resumed,
    { act: 'append' },
  ],
  [
    'the rest of another file',
    206,
    { 'content-range': 'bytes 40-99/100', etag: '"two"' },
    resumed,
    { act: 'start-over' },
  ],
  ['another rest', 206, { 'content-range': 'bytes 41-99/100' }, resumed, { act: 'start-over' }],
  ['the rest of a longer file', 206, { 'content-range': 'bytes 40-99/101' }, resumed, { act: 'start-over' }],
  ['a part of nowhere', 206, {}, resumed, { act: 'start-over' }],
  ['several parts', 206, { 'content-type': 'multipart/byteranges' }, resumed, { act: 'start-over' }],
  ['no such rest', 416, { 'content-range': 'bytes */100' }, resumed, { act: 'start-over' }],
  ['no such rest, though the whole was asked for', 416, {}, fresh, { act: 'give-up', gone: false }],
  [
    'a part, though the whole was asked for',
    206,
    { 'content-range': 'bytes 0-9/100' },
    fresh,
    { act: 'give-up' },
  ],
  ['no such file', 404, {}, fresh, { act: 'give-up', gone: true }],
  ['no such file any more', 410, {}, resumed, { act: 'give-up', gone: true }],
  ['no right to it', 403, {}, fresh, { act: 'give-up', gone: false }],
  ['a redirect to nowhere', 302, {}, fresh, { act: 'give-up', gone: false }],
  ['no content', 204, {}, fresh, { act: 'give-up', gone: false }],
  ['a fault', 500, {}, fresh, { act: 'try-again', retryAfterMs: undefined }],
  ['too much load', 503, { 'retry-after': '7' }, fresh, { act: 'try-again', retryAfterMs: 7_000 }],
  ['too many requests', 429, { 'retry-after': 'soon' }, fresh, { act: 'try-again', retryAfterMs: undefined }],
]

for (const [what, status, headers, wanted, judgement] of cases) {
  test(`judgeResponse() of ${what} is to ${judgement.act}`, () => {
    expect(judgeResponse({ status, headers }, wanted)).toMatchObject(judgement)
  })
}

checkLeaks()
