import type { Client, ClientChannel, PseudoTtyOptions } from 'ssh2'

import type { FledgeError } from '../../errors.ts'
import { connect, type Patience } from './connect.ts'
import type { SshAccess } from './ssh-access.ts'

/** OpenSSH's `MaxSessions` is 10; two are left to those that end others. */
const sessionLimits = { usual: 8, urgent: 10 } as const

interface Connection {
  readonly client: Client
  sessions: number
}

/** As many connections to one server as its limits ask for; made when they are needed. */
export class SshConnections {
  readonly #access: SshAccess
  readonly #patience: Patience
  readonly #ended = new AbortController()
  readonly #connections = new Set<Connection>()
  #connecting: Promise<unknown> = Promise.resolve()
  #hostKey: string | undefined

  constructor(access: SshAccess, patience: Patience) {
    this.#access = access
    this.#patience = patience
    this.#hostKey = access.hostKey
  }

  /** The digest of the server's key, once one was seen. */
  get hostKey(): string | undefined {
    return this.#hostKey
  }

  /** Whether there is any. */
  get areOpen(): boolean {
    return this.#connections.size > 0
  }

  /**
   * Starts a command in a session of its own.
   *
   * @param begin is given the session at once: all that it tells may come with the answer that it is there
   */
  async exec<T>(
    command: string,
    { pty, urgent = false, signal }: ExecOptions,
    begin: (session: ClientChannel) => T,
  ): Promise<T> {
    const connection = await this.#reserve(urgent ? sessionLimits.urgent : sessionLimits.usual, signal)
    const release = (): void => void connection.sessions--
    return new Promise((resolve, reject) => {
      connection.client.exec(command, pty ? { pty } : {}, (error, session) => {
        if (error) {
          release()
          reject(error)
          return
        }
        session.once('close', release)
        resolve(begin(session))
      })
    })
  }

  /** Any connection, for what needs no session. */
  async client(signal?: AbortSignal): Promise<Client> {
    const connection = await this.#reserve(Number.POSITIVE_INFINITY, signal)
    connection.sessions--
    return connection.client
  }

  /** Ends all, and lets no more be made. */
  end(error: FledgeError): void {
    this.#ended.abort(error)
    this.drop()
  }

  /** Ends those that are there. */
  drop(): void {
    for (const { client } of this.#connections) client.destroy()
    this.#connections.clear()
  }

  async #reserve(limit: number, signal: AbortSignal | undefined): Promise<Connection> {
    const all = AbortSignal.any(signal ? [signal, this.#ended.signal] : [this.#ended.signal])
    all.throwIfAborted()
    const free = this.#free(limit)
    if (free) return free
    // One after the other: servers refuse many at once, and the one before may have room for this, too.
    const turn = this.#connecting.then(async () => {
      all.throwIfAborted()
      const another = this.#free(limit)
      if (another) return another
      const { client, hostKey } = await connect(
        { ...this.#access, ...(this.#hostKey === undefined ? {} : { hostKey: this.#hostKey }) },
        { ...this.#patience, signal: all },
      )
      this.#hostKey = hostKey
      const connection = { client, sessions: 1 }
      this.#connections.add(connection)
      client.once('close', () => this.#connections.delete(connection))
      return connection
    })
    this.#connecting = turn.catch(() => {})
    return turn
  }

  #free(limit: number): Connection | undefined {
    for (const connection of this.#connections) {
      if (connection.sessions >= limit) continue
      connection.sessions++
      return connection
    }
    return undefined
  }
}

interface ExecOptions {
  readonly pty?: PseudoTtyOptions | undefined
  readonly urgent?: boolean
  readonly signal?: AbortSignal | undefined
}
