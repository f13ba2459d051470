import { constants } from 'node:os'

import type { Exit } from '../index.ts'

/** The exit code that tells of a command's end as shells do: its own, or 128 and the number of the signal that ended it. */
export function commandExitCode(exit: Exit): number {
  return 'signal' in exit ? 128 + signalNumber(exit.signal) : exit.exitCode
}

function signalNumber(name: string): number {
  const realTime = /^SIGRTMIN\+(\d+)$/.exec(name)?.[1]
  if (realTime !== undefined) return 34 + Number(realTime)
  return (constants.signals as Readonly<Record<string, number>>)[name] ?? 0
}
