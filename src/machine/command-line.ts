import type { ExecRequest } from '../channel/exec-request.ts'
import { MisuseError } from '../errors.ts'
import { shellQuote } from './shell-quote.ts'

/** A line for the shell, or a program with its arguments, which no shell sees. */
export type CommandLine = string | readonly [string, ...string[]]

/** As whom and where a command runs. */
export interface CommandPlace {
  /** Variables besides `PATH`, `HOME`, `USER`, `LOGNAME`, `SHELL` and `LANG=C.UTF-8`. */
  readonly env?: Readonly<Record<string, string>>
  /** Working directory; default: the user's home. */
  readonly cwd?: string
  /** A user's name or number; default: root. */
  readonly user?: string
}

/** A command as a person would write it. */
export function commandText(line: CommandLine): string {
  return typeof line === 'string' ? line : line.map(shellQuote).join(' ')
}

/** What the agent is asked for. */
export function execRequest(line: CommandLine, { env, cwd, user }: CommandPlace): ExecRequest {
  const argv = typeof line === 'string' ? [line] : line
  const nul = [...argv, cwd ?? '', user ?? '', ...Object.entries(env ?? {}).flat()].find((text) =>
    text.includes('\0'),
  )
  if (nul !== undefined) {
    throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot run ${JSON.stringify(nul)}: it has a NUL character`)
  }
  return {
    argv,
    shell: typeof line === 'string',
    ...(env === undefined ? {} : { env }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(user === undefined ? {} : { user }),
  }
}
