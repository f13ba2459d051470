import type { Duplex } from 'node:stream'

import { FledgeError } from '../errors.ts'
import type { QmpClient } from './qmp-client.ts'
import type { QmpCommands } from './qmp-types.ts'

/** Says why a command must not be run, or nothing. */
export type QmpRule = (name: string, args: unknown) => string | undefined

interface Request {
  readonly execute?: unknown
  readonly arguments?: unknown
  readonly id?: unknown
}

/** The longest line that a client may send, in characters. */
const longestLine = 1 << 20

/**
 * Lets another process speak QMP over a connection of ours, with requests numbered anew, its own negotiation and all events.
 *
 * Source: https://www.qemu.org/docs/master/interop/qmp-spec.html
 */
export function relayQmp(qmp: QmpClient, stream: Duplex, rule: QmpRule): void {
  const tell = (message: object): void => void stream.write(`${JSON.stringify(message)}\n`)
  const answer = async ({ execute: name, arguments: args, id }: Request): Promise<void> => {
    try {
      tell({ return: await run(qmp, rule, name, args), id })
    } catch (error) {
      if (!(error instanceof FledgeError)) throw error
      tell({ error: { class: 'GenericError', desc: error.message.replace(/^QEMU refused: /, '') }, id })
    }
  }
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    const [end = '', ...starts] = text.split('\n')
    rest += end
    for (const start of starts) {
      const request = parse(rest)
      rest = start
      if (request) void answer(request)
    }
    if (rest.length > longestLine) stream.destroy()
  })
  const forget = qmp.onEvent(({ name, data, atMs }) => {
    const timestamp = { seconds: Math.floor(atMs / 1000), microseconds: Math.round((atMs % 1000) * 1000) }
    tell({ event: name, data, timestamp })
  })
  stream.on('close', forget)
  tell({ QMP: { version: {}, capabilities: [] } })
}

async function run(qmp: QmpClient, rule: QmpRule, name: unknown, args: unknown): Promise<unknown> {
  if (name === 'qmp_capabilities') return {}
  if (typeof name !== 'string') throw refused('a request must have the name of a command')
  const reason = rule(name, args)
  if (reason !== undefined) throw refused(reason)
  // Which commands there are, QEMU says itself; how long one may take, the client.
  const known = name as keyof QmpCommands
  const given = args as QmpCommands[typeof known]['arguments']
  return qmp.run(known, given, { timeoutMs: Number.POSITIVE_INFINITY })
}

function refused(reason: string): FledgeError {
  return new FledgeError('ERR_FLEDGE_QEMU', reason)
}

function parse(line: string): Request | undefined {
  try {
    const request: unknown = JSON.parse(line)
    return typeof request === 'object' && request !== null ? request : undefined
  } catch {
    return undefined
  }
}
