import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

import * as v from 'valibot'

import { EnvironmentError } from '../../errors.ts'
import { firstLine } from './first-line.ts'
import { ourBuild } from '../owner-place.ts'

/** What a connection is for. */
export type Opening =
  | { readonly open: 'control' }
  | { readonly open: 'port'; readonly machine: string; readonly run: number; readonly guestPort: number }
  | { readonly open: 'agent' | 'qmp' | 'serial'; readonly machine: string; readonly run: number }

const welcome = v.object({ build: v.string(), refused: v.optional(v.string()) })

/**
 * Connects to a process that holds machines, and says what for.
 *
 * @throws EnvironmentError `ERR_FLEDGE_OWNER` when it is of another build or refuses; the system's error when nobody listens
 */
export async function openSocket(path: string, opening: Opening): Promise<Socket> {
  const socket = connect(path)
  // Whoever uses it hears of its end by "close".
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(`${JSON.stringify({ build: ourBuild(), ...opening })}\n`)
  const line = await firstLine(socket)
  const answer = v.safeParse(welcome, line === undefined ? undefined : JSON.parse(line))
  if (answer.success && answer.output.build === ourBuild() && answer.output.refused === undefined) {
    return socket
  }
  socket.destroy()
  const why = !answer.success
    ? 'it does not answer as it should'
    : (answer.output.refused ?? `it is fledge ${answer.output.build}, and this is fledge ${ourBuild()}`)
  throw new EnvironmentError('ERR_FLEDGE_OWNER', `Cannot use the process behind "${path}": ${why}`, {
    hint: 'Use the fledge that its machines were started with',
  })
}
