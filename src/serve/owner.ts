import { rm } from 'node:fs/promises'

import * as v from 'valibot'

import type { Asked } from '../owner/remote/conversation.ts'
import { sealedPolicy } from '../owner/remote/sealed-policy.ts'
import { deferred } from '../util/with-deadline.ts'
import { Client } from './client.ts'
import { Hold } from './hold.ts'
import { MachineServer } from './machine-server.ts'
import { SealedRun } from './sealed-run.ts'

/** The holder of machines of this user, for one build of fledge and one set of settings. */
export class Owner {
  /** Settles when nobody has needed it for a while. */
  readonly idle: Promise<void>
  readonly #hold: Hold
  readonly #path: string
  readonly #idle: () => void
  readonly #idleMs: number
  #server: MachineServer | undefined
  #timer: NodeJS.Timeout | undefined
  #closed = false

  private constructor(path: string, idleMs: number) {
    this.#path = path
    this.#idleMs = idleMs
    this.#hold = new Hold(() => this.#look())
    const { promise, resolve } = deferred<void>()
    this.idle = promise
    this.#idle = resolve
  }

  /** @param options `idleMs`: how long it stays without machines and clients; the next command is likely to come soon. Default: 30,000 */
  static async listen(path: string, { idleMs = 30_000 }: { readonly idleMs?: number } = {}): Promise<Owner> {
    const owner = new Owner(path, idleMs)
    owner.#server = await MachineServer.listen(path, {
      find: (id) => owner.#hold.find(id),
      qmpRule: () => undefined,
      control: (socket) => {
        const runs: SealedRun[] = []
        const client = { admit: (_: string, options: object) => Promise.resolve(options), seesAll: true }
        void new Client(socket, owner.#hold, { ...client, more: (asked) => owner.#more(asked, runs) })
        socket.on('close', () => void Promise.all(runs.map((run) => run[Symbol.asyncDispose]())))
      },
      onChange: () => owner.#look(),
    })
    owner.#look()
    return owner
  }

  /** Ends all machines, and listens no more. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#server?.[Symbol.asyncDispose]()
    await Promise.allSettled(this.#hold.all().map((each) => this.#hold.end(each, 'kill')))
    await rm(this.#path, { force: true })
  }

  async #more({ verb, given }: Asked, runs: SealedRun[]): Promise<unknown> {
    if (verb === 'launches') return runs.flatMap(({ launches }) => launches)
    if (verb !== 'seal') return undefined
    const run = await SealedRun.begin(this.#path, this.#hold, v.parse(sealedPolicy, given))
    runs.push(run)
    return run.path
  }

  #look(): void {
    clearTimeout(this.#timer)
    if (this.#closed || this.#hold.size > 0 || (this.#server?.connections ?? 0) > 0) return
    this.#timer = setTimeout(this.#idle, this.#idleMs)
  }
}
