import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A command as it arrives at QEMU. */
interface SentCommand {
  readonly execute: string
  readonly arguments?: unknown
  readonly id: number
}

/** QEMU's end of a control connection, which the test plays, and the client's. */
export interface ScriptedQmp extends Disposable {
  readonly port: Socket
  readonly qemu: Socket
  /** The next command that arrives. */
  next(): Promise<SentCommand>
  /** What has arrived and was not asked for. */
  readonly waiting: readonly SentCommand[]
  /** Sends one message. */
  send(message: object): void
  /** Greets, and lets the client leave the negotiation. */
  greet(): Promise<void>
}

/** Two ends of a real socket. */
export async function scriptedQmp(): Promise<ScriptedQmp> {
  const folder = await mkdtemp(join(tmpdir(), 'fledge-qmp-'))
  const server = createServer()
  server.listen(join(folder, 'port'))
  const port = connect(join(folder, 'port'))
  const [qemu] = (await once(server, 'connection')) as [Socket]
  server.close()
  await rm(folder, { recursive: true })
  const waiting: SentCommand[] = []
  let wake: (() => void) | undefined
  createInterface(qemu).on('line', (line) => {
    waiting.push(JSON.parse(line) as SentCommand)
    wake?.()
  })
  qemu.on('error', () => {})
  const next = async (): Promise<SentCommand> => {
    while (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve))
    return waiting.shift() as SentCommand
  }
  const send = (message: object): void => void qemu.write(`${JSON.stringify(message)}\r\n`)
  return {
    port,
    qemu,
    next,
    waiting,
    send,
    greet: async () => {
      send({ QMP: { version: { qemu: { major: 7, minor: 2, micro: 0 } }, capabilities: ['oob'] } })
      send({ return: {}, id: (await next()).id })
    },
    [Symbol.dispose]: () => {
      port.destroy()
      qemu.destroy()
    },
  }
}
