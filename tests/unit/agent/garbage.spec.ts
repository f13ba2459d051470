import { expect, test } from '@playwright/test'
import {
  array,
  assert,
  asyncProperty,
  constantFrom,
  integer,
  nat,
  oneof,
  record,
  tuple,
  uint8Array,
} from 'fast-check'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { encodeHeader } from '../../../src/channel/frame.ts'
import { headerSize, requestType, stdinFrameMax } from '../../../src/channel/protocol.ts'
import { builds, run, startAgent, whyNotHere } from './running-agent.ts'

const skip = whyNotHere()
test.skip(skip !== undefined, skip)

const { ping, probe, stat, stdin, window, signal, resize } = requestType
const payloadMax = 64

const id = nat(6)

/** A small number first, as of a signal or a stream; of no signal that stops, which would leave the command behind. */
const numbers = record({
  first: oneof(
    nat(2),
    nat(70).filter((number) => number < 19 || number > 22),
  ),
  rest: uint8Array({ maxLength: 8 }),
}).map(({ first, rest }) => Uint8Array.of(first, 0, 0, 0, ...rest))

/** Requests that change nothing of this host, whatever is in them, and unknown ones. The ids of running calls are among theirs. */
const frame = record({
  type: oneof(
    constantFrom(ping, probe, stat, stdin, window, signal, resize),
    integer({ min: 0x20, max: 0xff }),
  ),
  id,
  payload: oneof(uint8Array({ maxLength: payloadMax }), numbers),
}).map(({ type, id, payload }) => Buffer.concat([encodeHeader(type, id, payload.length), payload]))

/** The header of a frame that is longer than any may be. */
const tooLong = record({ id, length: constantFrom(1_048_577, 0x7fff_ffff, 0xffff_ffff) }).map(
  ({ id, length }) => encodeHeader(stat, id, length),
)

/** Frames that are whole, as long as they are understood; then such too, ones that are cut short, and bytes that are no frame. */
const garbage = tuple(
  array(frame, { minLength: 10, maxLength: 30 }),
  array(
    oneof(
      frame,
      record({ frame, kept: nat(payloadMax) }).map(({ frame, kept }) => frame.subarray(0, headerSize + kept)),
      uint8Array({ maxLength: payloadMax }).map((bytes) => Buffer.from(bytes)),
      tooLong,
    ),
    { maxLength: 30 },
  ),
).map((pieces) => Buffer.concat(pieces.flat()))

for (const build of builds) {
  test(`${build}: a host that does not keep to its window is not heard beyond it`, async () => {
    await using agent = await startAgent(build)
    const call = await agent.channel.exec({ argv: ['sleep', '1000'], stdin: true })
    const piece = Buffer.alloc(stdinFrameMax)
    // Its id: the hello had the first.
    for (let i = 0; i < 64; i++)
      agent.port.write(Buffer.concat([encodeHeader(stdin, 2, piece.length), piece]))
    await agent.channel.ping()
    call.signal('SIGKILL')
    expect(await call.exited).toMatchObject({ signal: 'SIGKILL' })
  })

  test(`${build}: any garbage on the port, while commands run, costs no more than the session`, async () => {
    await assert(
      asyncProperty(garbage, async (bytes) => {
        await using agent = await startAgent(build)
        const cat = { argv: ['cat'], stdin: true }
        await Promise.all([cat, cat, cat].map((request) => agent.channel.exec(request)))
        agent.port.write(bytes)
        // Enough to be the rest of what was cut short.
        agent.port.write(Buffer.alloc(payloadMax))
        await agent.channel.hello(Buffer.alloc(16, 8))
        expect((await run(agent.channel, { argv: ['echo', 'there'] })).stdout.toString()).toBe('there\n')
      }),
      { numRuns: 60 },
    )
  })
}

checkLeaks()
