import { FledgeError, GuestError, quietly, type Machine } from '../index.ts'
import { say } from './say-once.ts'

/** What becomes of a test in whose machine something crashed. */
export type CoredumpPolicy = 'fail' | 'allow'

/**
 * The error of a test in whose machine something crashed, if anything did. A machine that is over cannot be asked, and of one that
 * does not answer within so many milliseconds that is said.
 */
export async function findCoredumps(vm: Machine, timeoutMs: number): Promise<GuestError | undefined> {
  if (!vm.isUp()) return undefined
  const dumps = await quietly(() => vm.coredumps({ timeoutMs })).catch((error: unknown) => {
    if (!(error instanceof FledgeError)) throw error
    say(`cannot tell whether something crashed in "${vm.name}": ${error.message}`)
    return []
  })
  if (dumps.length === 0) return undefined
  const lines = dumps.map(({ executable, pid, signal, path }) => {
    const kept = path === undefined ? '' : `, kept in ${path}`
    return `  ${executable} (${pid}) by ${signal}${kept}`
  })
  return new GuestError('ERR_FLEDGE_COREDUMP', [`On "${vm.name}" crashed:`, ...lines].join('\n'), {
    machine: vm.name,
    hint: "Copy what is kept with copyFromMachine; a test that expects it says test.use({ coredumps: 'allow' })",
  })
}
