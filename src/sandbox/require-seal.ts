import { Writable } from 'node:stream'

import { EnvironmentError } from '../errors.ts'
import { ids } from './ids.ts'
import { runInSeal } from './run-in-seal.ts'
import { systemMounts } from './system-mounts.ts'

/**
 * Makes sure that this host allows seals, by making one around nothing.
 *
 * @throws EnvironmentError `ERR_FLEDGE_SEAL` when it does not; `ERR_FLEDGE_TOOL_MISSING` without bubblewrap
 */
export async function requireSeal(): Promise<void> {
  let said = ''
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      said += chunk.toString()
      done()
    },
  })
  const { exitCode } = await runInSeal(
    {
      program: '/usr/bin/true',
      args: [],
      cwd: '/',
      env: { PATH: process.env['PATH'] ?? '' },
      mounts: [...systemMounts(ids()), { kind: 'closed', path: '/' }],
    },
    { stdout: stream, stderr: stream },
  )
  if (exitCode === 0) return
  const reason =
    said
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^bwrap: /, '') || `exit code ${exitCode}`
  throw new EnvironmentError('ERR_FLEDGE_SEAL', `Cannot seal a run on this host: ${reason}`, { hint: hint() })
}

function hint(): string {
  if (process.getuid?.() === 0) {
    return (
      'Run fledge where root may make namespaces: a container has to be given CAP_SYS_ADMIN and a /proc of its own, ' +
      'and "sysctl user.max_user_namespaces" has to be more than 0'
    )
  }
  return (
    'Allow namespaces of users: "sudo sysctl user.max_user_namespaces=15000"; on Debian also "sudo sysctl ' +
    'kernel.unprivileged_userns_clone=1", on Ubuntu "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"'
  )
}
