import { posix } from 'node:path'

import type { CallOptions, Machine } from '../../index.ts'
import { checkValue, callChecks } from './checks.ts'
import { lookUntil, type MatcherResult, type MatcherState } from './look-until.ts'
import { shown, wantedText, type Wanted } from './texts.ts'

/** Needs nothing but coreutils or a busybox; a process may end while it is looked at. */
const script = 'tail -v -n +1 /proc/[0-9]*/comm /proc/[0-9]*/cmdline 2> /dev/null || true'

interface Process {
  readonly pid: number
  /** As the kernel has it: 15 bytes at the most. */
  readonly name: string
  readonly words: readonly string[]
}

/** That a process runs in the guest: by the name of its program, or by an expression that is in its command line. */
export async function toHaveProcess(
  this: MatcherState,
  vm: Machine,
  wanted: Wanted,
  options: CallOptions = {},
): Promise<MatcherResult> {
  checkValue('toHaveProcess', 'process', wanted, wantedText)
  return lookUntil(this, vm, {
    matcher: 'toHaveProcess',
    subject: String(wanted),
    wanted: `a process ${typeof wanted === 'string' ? 'named' : 'whose command line has'} ${shown(wanted)}`,
    options,
    checks: callChecks,
    look: async (bounds) => {
      const processes = readProcesses((await vm.succeed(['sh', '-euc', script], bounds)).stdout)
      const found = processes.find((process) => isWanted(process, wanted))
      return {
        pass: found !== undefined,
        got:
          found === undefined
            ? `none of ${processes.length}`
            : `${found.pid}: ${found.words.join(' ') || found.name}`,
      }
    },
    lookAt: 'ps -e',
  })
}

function isWanted({ name, words }: Process, wanted: Wanted): boolean {
  if (wanted instanceof RegExp) return words.join(' ').search(wanted) >= 0
  return name === wanted || posix.basename(words[0] ?? '') === wanted
}

/** Reads what `tail -v` says of files, without the processes that look. */
export function readProcesses(said: string): Process[] {
  const parts = said.split(/^==> \/proc\/(\d+)\/(comm|cmdline) <==\n/m).slice(1)
  const names = new Map<number, string>()
  const processes: Process[] = []
  for (let at = 0; at < parts.length; at += 3) {
    const [pid, kind, text = ''] = [Number(parts[at]), parts[at + 1], parts[at + 2]]
    if (kind === 'comm') names.set(pid, text.trimEnd())
    else {
      const words = text
        .replace(/\n*$/, '')
        .split('\0')
        .filter((word, index) => index === 0 || word !== '')
      if (!words.some((word) => word.includes('/proc/[0-9]*/comm')) && !words.includes('/proc/1/comm'))
        processes.push({ pid, name: names.get(pid) ?? '', words: words[0] === '' ? [] : words })
    }
  }
  return processes
}
