import type { Socket } from 'node:net'

import * as v from 'valibot'

import { FledgeError, MisuseError } from '../errors.ts'
import { launch, prepare } from '../machine/launch.ts'
import type { LaunchOptions } from '../machine/launch-options.ts'
import { Conversation, type Asked } from '../owner/remote/conversation.ts'
import type { MachineDescription } from '../owner/remote/machine-description.ts'
import type { Hold } from './hold.ts'
import { withNotes } from './notes-of-request.ts'
import { ServedMachine } from './served-machine.ts'

/** What a client may do besides asking machines that run. */
export interface ClientRights {
  /** Holds a launch to what it may be, and is told of it; without this, nothing is launched. */
  readonly admit?: (image: string, options: LaunchOptions, file: string | undefined) => Promise<LaunchOptions>
  /** Whether it sees the machines of others. */
  readonly seesAll: boolean
  /** Answers what is asked for besides. */
  readonly more?: (asked: Asked) => Promise<unknown>
}

const machineOptions = v.custom<LaunchOptions>((value) => typeof value === 'object' && value !== null)
const one = v.object({ id: v.string() })
const requests = {
  prepare: v.object({ image: v.string(), options: machineOptions }),
  launch: v.object({
    image: v.string(),
    options: machineOptions,
    keep: v.boolean(),
    file: v.optional(v.string()),
  }),
  start: v.object({ id: v.string(), timeoutMs: v.number() }),
  kill: v.object({ id: v.string(), run: v.number() }),
  end: v.object({ id: v.string(), how: v.picklist(['stop', 'kill']) }),
  dumpScreen: v.object({ id: v.string(), format: v.picklist(['png', 'ppm']) }),
}

/** One process that asks for machines. Those that it launched end with it, but for those that are to be kept. */
export class Client {
  readonly #hold: Hold
  readonly #rights: ClientRights
  readonly #conversation: Conversation
  readonly #own = new Set<ServedMachine>()

  constructor(socket: Socket, hold: Hold, rights: ClientRights) {
    this.#hold = hold
    this.#rights = rights
    this.#conversation = new Conversation(socket, (asked) => withNotes(asked.tell, () => this.#answer(asked)))
    void this.#conversation.closed.then(() => this.#leave())
  }

  async #answer(asked: Asked): Promise<unknown> {
    const { verb, given, signal } = asked
    if (verb === 'prepare') return this.#prepare(read(verb, requests.prepare, given), signal)
    if (verb === 'launch') return this.#launch(read(verb, requests.launch, given), signal)
    if (verb === 'list') return this.#seen().map((each) => each.describe())
    if (verb === 'attach') return this.#watch(this.#find(given))
    if (verb === 'diskSource') return this.#rights.seesAll ? this.#find(given).diskSource() : undefined
    if (verb === 'claim') return this.#find(given).claim(signal)
    if (verb === 'syncShares') return this.#find(given).machine.syncShares({ signal })
    if (verb === 'start') {
      const { timeoutMs } = read(verb, requests.start, given)
      const served = this.#find(given)
      await served.machine.start({ timeoutMs, signal })
      return this.#watch(served)
    }
    if (verb === 'kill') {
      const { id, run } = read(verb, requests.kill, given)
      const served = this.#hold.find(id)
      return served && this.#maySee(served) && served.run === run ? served.owned.kill() : undefined
    }
    if (verb === 'end') {
      const { id, how } = read(verb, requests.end, given)
      // Who asks again means one that has ended.
      const served = this.#hold.find(id)
      return served && this.#maySee(served) ? this.#hold.end(served, how) : undefined
    }
    if (verb === 'dumpScreen') {
      const { format } = read(verb, requests.dumpScreen, given)
      return (await this.#find(given).owned.dumpScreen(format, signal)).toString('base64')
    }
    return (await this.#rights.more?.(asked)) ?? refuse(`does not know "${verb}"`)
  }

  async #prepare(
    { image, options }: v.InferOutput<typeof requests.prepare>,
    signal: AbortSignal,
  ): Promise<unknown> {
    if (!this.#rights.admit) return refuse('launches nothing')
    return prepare(image, { ...(await this.#rights.admit(image, options, undefined)), signal })
  }

  async #launch(
    { image, options, keep, file }: v.InferOutput<typeof requests.launch>,
    signal: AbortSignal,
  ): Promise<MachineDescription> {
    if (!this.#rights.admit) return refuse('launches nothing')
    const admitted = await this.#rights.admit(image, options, file)
    const machine = await launch(image, { ...admitted, signal })
    const served = this.#hold.add(new ServedMachine(machine, { kept: keep && this.#rights.seesAll }))
    // The client may have gone meanwhile.
    if (signal.aborted) await this.#hold.end(served, 'kill')
    else this.#own.add(served)
    return this.#watch(served)
  }

  /** Tells the client when this run of a machine ends. */
  #watch(served: ServedMachine): MachineDescription {
    const { id, run } = served
    void served.exited().then((exit) => this.#conversation.tell({ exit: { id, run, ...exit } }))
    return served.describe()
  }

  #find(given: unknown): ServedMachine {
    const served = this.#hold.find(read('a machine', one, given).id)
    return served && this.#maySee(served) ? served : refuse('has no such machine')
  }

  #seen(): readonly ServedMachine[] {
    return this.#hold.all().filter((each) => this.#maySee(each))
  }

  #maySee(served: ServedMachine): boolean {
    return this.#rights.seesAll || this.#own.has(served)
  }

  async #leave(): Promise<void> {
    const left = [...this.#own].filter(({ kept }) => !kept)
    await Promise.allSettled(left.map((each) => this.#hold.end(each, 'kill')))
  }
}

function read<T>(verb: string, schema: v.GenericSchema<unknown, T>, given: unknown): T {
  const parsed = v.safeParse(schema, given)
  if (parsed.success) return parsed.output
  throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot answer "${verb}": ${v.summarize(parsed.issues)}`)
}

function refuse(what: string): never {
  throw new FledgeError('ERR_FLEDGE_OWNER', `The process that holds machines ${what}`)
}
