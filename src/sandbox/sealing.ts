import { openSealedRun, type SealedRun } from '../owner/remote/sealed-run.ts'
import type { FoundInputs } from './find-sealed-inputs.ts'
import { makeOutputs } from './make-outputs.ts'
import type { Mount } from './mount.ts'
import { findOutputs, type Outputs } from './outputs.ts'
import { runInSeal } from './run-in-seal.ts'
import { sealEnvironment } from './seal-environment.ts'
import { sealedOwner, sealMounts } from './seal.ts'
import type { SealedPlan } from './sealed-plan.ts'
import type { TestRun } from './test-run.ts'

/** What Playwright is to do in a seal. */
export interface SealedPlaywright {
  readonly args: readonly string[]
  /** Whether there are tests, which may want machines. */
  readonly machines?: boolean
  readonly plan?: Omit<SealedPlan & { pass: 'run' }, 'pass' | 'outputs'>
  readonly env?: Readonly<Record<string, string>>
  /** Files that are seen in place of others. */
  readonly texts?: readonly { readonly path: string; readonly text: string }[]
  /** Folders that it may write to besides those of results. */
  readonly writable?: readonly string[]
}

/** The seal of a run, in which Playwright runs as often as it has to; with its machines' owner, if there are tests that run. */
export class Sealing implements Disposable {
  /** The environment in it. */
  readonly env: Readonly<Record<string, string>>
  readonly #run: TestRun
  readonly #found: FoundInputs
  readonly #outputs: Outputs
  readonly #made: Disposable
  #owner: SealedRun | undefined

  /** @throws MisuseError `ERR_FLEDGE_OPTION` when results would go where they cannot */
  constructor(run: TestRun, found: FoundInputs) {
    this.#run = run
    this.#found = found
    this.#outputs = findOutputs(found.listing, run)
    this.env = sealEnvironment(process.env, found.inputs.environment, {
      folder: run.folder,
      screen: process.stdout,
    })
    this.#made = makeOutputs(this.#outputs)
  }

  /** Runs Playwright in it, and gives its exit status. */
  async playwright({
    args,
    machines = false,
    plan,
    env,
    texts = [],
    writable = [],
  }: SealedPlaywright): Promise<number> {
    const folders = [...this.#outputs.folders, ...writable]
    const owner = machines ? await this.#machines() : undefined
    const mounts = sealMounts(this.#run, without(this.#found, plan?.held ?? []), {
      outputs: { ...this.#outputs, folders },
      ...(owner ? { owner: owner.socket } : {}),
    })
    const { exitCode } = await runInSeal(
      {
        program: process.execPath,
        args: [this.#run.cli, ...args],
        cwd: process.cwd(),
        env: {
          ...this.env,
          ...this.#outputs.env,
          ...env,
          ...(owner ? { FLEDGE_OWNER: sealedOwner } : {}),
          ...this.#run.env({ pass: 'run', outputs: folders, ...plan }),
        },
        mounts: withTexts(mounts, texts),
      },
      process,
    )
    return exitCode
  }

  /** The machines that were launched in it. */
  async launches(): ReturnType<SealedRun['launches']> {
    return this.#owner?.launches() ?? []
  }

  [Symbol.dispose](): void {
    this.#owner?.[Symbol.dispose]()
    this.#made[Symbol.dispose]()
  }

  async #machines(): Promise<SealedRun> {
    return (this.#owner ??= await openSealedRun({
      projectFolder: this.#run.folder,
      readable: this.#found.inputs.declared,
      writable: this.#outputs.folders,
    }))
  }
}

/** What is seen when some test files need not run: not what only they import or declare. */
function without(found: FoundInputs, held: readonly string[]): FoundInputs {
  const files = new Map([...found.inputs.files].filter(([file]) => !held.includes(file)))
  return { ...found, inputs: { ...found.inputs, files } }
}

/** Before all is closed, and in place of what is there. */
function withTexts(
  mounts: readonly Mount[],
  texts: NonNullable<SealedPlaywright['texts']>,
): readonly Mount[] {
  const closed = mounts.findIndex(({ kind }) => kind === 'closed')
  return mounts.toSpliced(closed, 0, ...texts.map((each): Mount => ({ kind: 'text', ...each })))
}
