import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import type { LaunchOptions } from '../machine/launch-options.ts'
import { templateKeyOf } from '../machine/template-for.ts'
import type { LaunchRecord } from '../owner/remote/launch-record.ts'
import type { SealedPolicy } from '../owner/remote/sealed-policy.ts'
import { makeFolder } from '../util/make-folder.ts'
import { Client } from './client.ts'
import { Hold } from './hold.ts'
import { MachineServer } from './machine-server.ts'
import { sealedQmp, sealLaunch, SourceDigests } from './sealed-policy.ts'

/** A socket for the processes of one sealed run, which sees only its own machines and is held to a policy. */
export class SealedRun implements AsyncDisposable {
  readonly path: string
  readonly #policy: SealedPolicy
  readonly #launches: LaunchRecord[] = []
  readonly #digests = new SourceDigests()
  readonly #keys = new Map<string, Promise<string>>()
  #server: MachineServer | undefined

  /** Begins one, with its socket beside that of the owner. */
  static async begin(ownerPath: string, whole: Hold, policy: SealedPolicy): Promise<SealedRun> {
    // Its machines are the owner's too; those of others are not there for it.
    const hold = new Hold(() => {}, whole)
    const folder = join(dirname(ownerPath), 'sealed')
    await makeFolder(folder)
    const run = new SealedRun(join(folder, `${randomUUID().slice(0, 13)}.sock`), policy)
    run.#server = await MachineServer.listen(run.path, {
      find: (id) => hold.find(id),
      qmpRule: sealedQmp,
      control: (socket) =>
        void new Client(socket, hold, {
          admit: (image, options, file) => run.#admit(image, options, file),
          seesAll: false,
        }),
    })
    return run
  }

  private constructor(path: string, policy: SealedPolicy) {
    this.path = path
    this.#policy = policy
  }

  /** What was launched so far. */
  get launches(): readonly LaunchRecord[] {
    return this.#launches
  }

  async #admit(image: string, given: LaunchOptions, file: string | undefined): Promise<LaunchOptions> {
    const { options, paths } = await sealLaunch(this.#policy, image, given)
    const { name: _, timeoutMs: __, ...kept } = options
    const [sources, templateKey] = await Promise.all([this.#digests.of(paths), this.#keyOf(image, kept)])
    this.#launches.push({
      image,
      options: kept,
      templateKey,
      sources,
      ...(file === undefined ? {} : { file }),
    })
    return options
  }

  /** Found once, as the images of a run and the files that are given stay as they are. */
  async #keyOf(image: string, options: LaunchOptions): Promise<string> {
    const asked = JSON.stringify([image, { ...options, shares: undefined }])
    const found = this.#keys.get(asked) ?? templateKeyOf(image, options)
    this.#keys.set(asked, found)
    // Who asks again may have better luck.
    found.catch(() => this.#keys.delete(asked))
    return found
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Its clients go with their connections, and their machines with them.
    await this.#server?.[Symbol.asyncDispose]()
    await rm(this.path, { force: true })
  }
}
