import { EnvironmentError } from '../errors.ts'
import { requireSeal } from '../sandbox/require-seal.ts'
import { findProgram } from '../util/find-program.ts'
import { type Finding, ok, weak } from './finding.ts'

const name = 'sealed runs'

/** Whether "fledge test --sandbox" works on this host, as this user. */
export async function examineSeal(): Promise<readonly Finding[]> {
  // That the program is missing is told with the other tools.
  if ((await findProgram('bwrap')) === undefined) return []
  try {
    await requireSeal()
    return [ok(name, process.getuid?.() === 0 ? 'as root' : 'as a plain user')]
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error
    return [weak(name, error.message, error.hint ?? 'Run fledge where namespaces of users are allowed')]
  }
}
