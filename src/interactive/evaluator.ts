import { pathToFileURL } from 'node:url'
import { constants, Script } from 'node:vm'

import { compileInput, disposeName } from './compile-input.ts'
import type { Input } from './read-input.ts'
import { silenceLoaderWarning } from './silence-loader-warning.ts'

/** The names of a prompt, and what they are. */
export type Globals = Record<string, unknown>

/** What came of an input. */
export interface Evaluated {
  /** Of its last statement, if that is an expression. */
  readonly value?: unknown
  /** Whether that was a promise, which was waited for. */
  readonly awaited: boolean
}

/** Where the code of an input finds what is given to it, while it begins. */
const givenSymbol = Symbol.for('fledge.prompt')

/** Runs what is typed at a prompt, in this realm, but with names of its own. */
export class Evaluator implements AsyncDisposable {
  readonly #globals: Globals
  readonly #scope: Globals
  readonly #toDispose: unknown[] = []
  readonly #silenced: Disposable = silenceLoaderWarning()
  #count = 0

  constructor(globals: Globals) {
    this.#globals = globals
    // No name of every object's is one of a prompt's.
    this.#scope = new Proxy(globals, { has: (target, name) => Object.hasOwn(target, name) })
  }

  /** Runs an input to its end. What it throws is thrown. */
  async evaluate(input: Input): Promise<Evaluated> {
    const { code, declared, assigned } = compileInput(input)
    for (const name of declared) this.#name(name)
    // What is assigned to without having been declared is not made everyone's.
    for (const name of assigned) if (!(name in globalThis)) this.#name(name)
    const result = (await this.#run(code)) as { value: unknown } | undefined
    if (!result) return { awaited: false }
    return { value: await result.value, awaited: isThenable(result.value) }
  }

  #name(name: string): void {
    if (!Object.hasOwn(this.#globals, name)) this.#globals[name] = undefined
  }

  /** Begins it; Ctrl-C ends what goes on without a pause, where the terminal sends it as a signal. */
  #run(code: string): unknown {
    this.#count += 1
    const begin = `(({ scope, ${disposeName} }) => { with (scope) return (async () => {`
    const text = `${begin}\n${code}\n})() })(globalThis[Symbol.for('fledge.prompt')])`
    // What it imports begins in the working directory.
    const script = new Script(text, {
      filename: pathToFileURL(`input-${this.#count}`).href,
      lineOffset: -1,
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    })
    const dispose = (resource: unknown): unknown => {
      this.#toDispose.push(resource)
      return resource
    }
    Reflect.set(globalThis, givenSymbol, { scope: this.#scope, [disposeName]: dispose })
    try {
      return script.runInThisContext({ breakOnSigint: true })
    } finally {
      Reflect.deleteProperty(globalThis, givenSymbol)
    }
  }

  /** Disposes of what was declared by `using`, the last first. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#silenced[Symbol.dispose]()
    for (const each of this.#toDispose.splice(0).toReversed()) {
      const resource = each as Partial<AsyncDisposable & Disposable> | null | undefined
      await (resource?.[Symbol.asyncDispose]?.() ?? resource?.[Symbol.dispose]?.())
    }
  }
}

function isThenable(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  )
}
