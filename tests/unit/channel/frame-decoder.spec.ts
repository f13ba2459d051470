import { expect, test } from '@playwright/test'
import { array, assert, nat, pre, property, record, uint8Array } from 'fast-check'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { FrameDecoder } from '../../../src/channel/frame-decoder.ts'
import { encodeHeader, type Frame } from '../../../src/channel/frame.ts'

const frame = record({
  type: nat(255),
  id: nat(0xffff_ffff),
  payload: uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
})

function encode(frames: readonly Frame[]): Buffer {
  return Buffer.concat(
    frames.flatMap(({ type, id, payload }) => [encodeHeader(type, id, payload.length), payload]),
  )
}

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [
    0,
    ...cuts.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b),
    bytes.length,
  ]
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end))
}

test('FrameDecoder gives the same frames for any pieces', () => {
  assert(
    property(array(frame, { maxLength: 8 }), array(nat(), { maxLength: 12 }), (frames, cuts) => {
      const decoder = new FrameDecoder()
      const seen = cut(encode(frames), cuts).flatMap((piece) => [...decoder.push(piece)])
      expect(seen).toEqual(frames)
    }),
  )
})

test('FrameDecoder gives the frames before garbage, and an error for it', () => {
  assert(
    property(frame, uint8Array({ minLength: 12, maxLength: 100 }), (good, garbage) => {
      pre(garbage[0] !== 0xed || garbage[1] !== 0xf1)
      const seen: Frame[] = []
      expect(() => {
        for (const one of new FrameDecoder().push(Buffer.concat([encode([good]), garbage]))) seen.push(one)
      }).toThrow(expect.objectContaining({ code: 'ERR_FLEDGE_PROTOCOL' }))
      expect(seen).toEqual([good])
    }),
  )
})

test('FrameDecoder refuses a payload of more than a MiB, and does not copy one that came whole', () => {
  expect(() => [...new FrameDecoder().push(encodeHeader(1, 1, 1_048_577))]).toThrow('not the header')
  const bytes = encode([{ type: 1, id: 2, payload: Buffer.alloc(1_048_576, 3) }])
  const [whole] = [...new FrameDecoder().push(bytes)]
  expect(whole?.payload.buffer).toBe(bytes.buffer)
})

test('FrameDecoder takes large frames in small pieces in linear time', () => {
  const bytes = encode([{ type: 1, id: 2, payload: Buffer.alloc(1_048_576, 3) }])
  const decoder = new FrameDecoder()
  const start = performance.now()
  let frames = 0
  for (let at = 0; at < bytes.length; at += 16)
    frames += [...decoder.push(bytes.subarray(at, at + 16))].length
  expect(frames).toBe(1)
  expect(performance.now() - start).toBeLessThan(2000)
})

checkLeaks()
