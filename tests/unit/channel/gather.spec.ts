import { Readable } from 'node:stream'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import type { Call } from '../../../src/channel/call.ts'
import { gather } from '../../../src/channel/gather.ts'

/** A call that ended before anyone could read what it wrote, as a quick command's frames come in one piece. */
function endedCall(stdout: string, stderr: string): Call {
  const exited = Promise.resolve({ exitCode: 0, timedOut: false })
  const streams = {
    stdout: Readable.from([Buffer.from(stdout)]),
    stderr: Readable.from([Buffer.from(stderr)]),
  }
  return { pid: 1, stdin: undefined, exited, ...streams, signal: () => {}, resize: () => {} }
}

test('gather has all output when it says that a quick call has ended', async () => {
  const output = gather(endedCall('out', 'err'))
  await output.exited
  expect(output.stdout().toString()).toBe('out')
  expect(output.stderr().toString()).toBe('err')
})

checkLeaks()
