import { rm } from 'node:fs/promises'

import * as v from 'valibot'

import type { Asked } from '../owner/remote/conversation.ts'
import { deferred } from '../util/with-deadline.ts'
import { Client } from './client.ts'
import { Hold } from './hold.ts'
import { MachineServer } from './machine-server.ts'
import { sealedPolicy } from './sealed-policy.ts'
import { SealedRun } from './sealed-run.ts'

/** How long an owner without machines and clients stays, in milliseconds: the next command is likely to come soon. */
const idleMs = 30_000

/** The holder of machines of this user, for one build of fledge and one set of settings. */
export class Owner {
  /** Settles when nobody has needed it for a while. */
  readonly idle: Promise<void>
  readonly #hold: Hold
  readonly #path: string
  readonly #idle: () => void
  #server: MachineServer | undefined
  #timer: NodeJS.Timeout | undefined

  private constructor(path: string) {
    this.#path = path
    this.#hold = new Hold(() => this.#look())
    const { promise, resolve } = deferred<void>()
    this.idle = promise
    this.#idle = resolve
  }

  static async listen(path: string): Promise<Owner> {
    const owner = new Owner(path)
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
    if (this.#hold.size > 0 || (this.#server?.connections ?? 0) > 0) return
    this.#timer = setTimeout(this.#idle, idleMs)
  }
}
