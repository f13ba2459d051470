import { EnvironmentError } from '../errors.ts'
import { runInNamespaces } from '../image/in-namespaces.ts'
import { findProgram } from '../util/find-program.ts'
import { ToolError } from '../util/run-tool.ts'
import { type Finding, missing, ok } from './finding.ts'

const name = 'namespaces'

/** Whether images can be built as this user: in namespaces, of users too unless that is root. */
export async function examineNamespaces(): Promise<readonly Finding[]> {
  const isRoot = process.getuid?.() === 0
  if (!isRoot && (await findProgram('newuidmap')) === undefined) {
    return [missing(name, 'no newuidmap, which a plain user needs', { packages: ['uidmap'] })]
  }
  try {
    await runInNamespaces('true', [])
    return [ok(name, isRoot ? 'as root' : 'of users, as a plain user')]
  } catch (error) {
    if (error instanceof ToolError) return [missing(name, lastLine(error), { hint: hint(isRoot) })]
    // What is told of that tool is enough.
    if (error instanceof EnvironmentError) return []
    throw error
  }
}

function lastLine({ stderr, message }: ToolError): string {
  return stderr.trim().split('\n').at(-1) || message
}

function hint(isRoot: boolean): string {
  if (isRoot) return 'Run fledge where root may make namespaces: a container has to be given CAP_SYS_ADMIN'
  return (
    'See that /etc/subuid and /etc/subgid have a line for you ("sudo usermod --add-subuids 100000-165535 ' +
    '--add-subgids 100000-165535 $USER"), and that namespaces are allowed (on Ubuntu: "sudo sysctl ' +
    'kernel.apparmor_restrict_unprivileged_userns=0")'
  )
}
