import { spawn } from 'node:child_process'
import { once } from 'node:events'

import { EnvironmentError } from '../errors.ts'
import { abortSignal, checkOptions } from '../util/check-options.ts'
import { findProgram } from '../util/find-program.ts'
import { throwIfAborted } from '../util/with-deadline.ts'
import type { Finding } from './finding.ts'
import { mendingCommands } from './mending-commands.ts'

/** Installs the packages that mend what was found; see the same in `on-demand.ts`. */
export async function mendHost(
  findings: readonly Finding[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  checkOptions('mendHost', options, { signal: abortSignal })
  const { signal } = options
  for (const command of mendingCommands(findings)) {
    const [program = '', ...args] = command
    const line = command.join(' ')
    throwIfAborted(signal)
    if ((await findProgram(program)) === undefined) {
      throw new EnvironmentError(
        'ERR_FLEDGE_TOOL_MISSING',
        `Cannot run "${line}": there is no "${program}"`,
        {
          hint: 'Install the packages as an administrator; other distributions have them under similar names',
        },
      )
    }
    const child = spawn(program, args, {
      stdio: ['inherit', 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      ...(signal ? { signal } : {}),
    })
    const [code] = await once(child, 'close').catch((error: unknown) => {
      throwIfAborted(signal)
      throw error
    })
    throwIfAborted(signal)
    if (code !== 0) {
      throw new EnvironmentError('ERR_FLEDGE_TOOL_MISSING', `"${line}" failed with exit code ${code}`)
    }
  }
}
