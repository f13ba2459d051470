import type { ExecRequest } from '../channel/exec-request.ts'
import {
  absolutePath,
  checkValue,
  isSendable,
  text,
  type OptionCheck,
  type OptionChecks,
} from '../util/check-options.ts'
import { shellQuote } from '../util/shell-quote.ts'

/** A line for the shell, or a program with its arguments, which no shell sees. */
export type CommandLine = string | readonly [string, ...string[]]

/** As whom and where a command runs. */
export interface CommandPlace {
  /** Variables besides `PATH`, `HOME`, `USER`, `LOGNAME`, `SHELL` and `LANG=C.UTF-8`. */
  readonly env?: Readonly<Record<string, string>>
  /** Working directory, as an absolute path; default: the user's home. */
  readonly cwd?: string
  /** A user's name or number; default: root. */
  readonly user?: string
}

/** What a {@link CommandPlace} has to be. */
export const placeChecks: OptionChecks<CommandPlace> = {
  env: (value) =>
    typeof value === 'object' && value !== null && Object.entries(value).every(isVariable)
      ? undefined
      : 'an object of texts by names, which are not empty and have no "="',
  cwd: absolutePath,
  user: text,
}

function isVariable([name, value]: readonly [string, unknown]): boolean {
  return name !== '' && !name.includes('=') && isSendable(name) && isSendable(value)
}

const commandLine: OptionCheck = (value) => {
  const [program, ...args]: readonly unknown[] = Array.isArray(value) ? value : [value]
  return text(program) === undefined && args.every(isSendable)
    ? undefined
    : 'a shell line or an array of a program and its arguments, with something in it and no NUL'
}

/** @throws MisuseError `ERR_FLEDGE_OPTION` */
export function checkCommandLine(verb: string, line: unknown): void {
  checkValue(verb, 'command', line, commandLine)
}

/** A command as a person would write it. */
export function commandText(line: CommandLine): string {
  return typeof line === 'string' ? line : line.map(shellQuote).join(' ')
}

/** What the agent is asked for. */
export function execRequest(line: CommandLine, { env, cwd, user }: CommandPlace): ExecRequest {
  const argv = typeof line === 'string' ? [line] : line
  return {
    argv,
    shell: typeof line === 'string',
    ...(env === undefined ? {} : { env }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(user === undefined ? {} : { user }),
  }
}
