import { constants } from 'node:os'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The user's wish to end, from now until this is disposed of. */
export interface Interruption extends Disposable {
  /** Aborts at the first signal. */
  readonly signal: AbortSignal
  /** As shells have it, once a signal has come: 130 for Ctrl-C. */
  readonly exitCode: number | undefined
}

/** Turns the first Ctrl-C, SIGTERM or SIGHUP into an abort, and lets the second end this process at once, with its machines. */
export function interruption(onFirst: (signal: NodeJS.Signals) => void): Interruption {
  const controller = new AbortController()
  let exitCode: number | undefined
  const listener = (signal: NodeJS.Signals): void => {
    const code = 128 + constants.signals[signal]
    if (exitCode !== undefined) process.exit(code)
    exitCode = code
    onFirst(signal)
    controller.abort()
  }
  for (const signal of signals) process.on(signal, listener)
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode
    },
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, listener)
    },
  }
}
