import { MisuseError } from '../errors.ts'
import { PayloadWriter } from './payload-writer.ts'
import { execFlag, payloadMax } from './protocol.ts'

/** A command to run in the guest. */
export interface ExecRequest {
  /** The program and its arguments; with {@link ExecRequest.shell}, one script. */
  readonly argv: readonly string[]
  /** Whether `argv` holds a shell script. It runs strictly: `bash -euo pipefail -c`. Default: no. */
  readonly shell?: boolean
  /** The size of a terminal to run in. Default: none. */
  readonly pty?: { readonly rows: number; readonly columns: number }
  /** Variables over the defaults. */
  readonly env?: Readonly<Record<string, string>>
  /** Whether to leave the default variables out. Default: no. */
  readonly cleanEnv?: boolean
  /** A name or a decimal uid. Default: root. */
  readonly user?: string
  /** The working directory. Default: the user's home, `/` where it does not exist. */
  readonly cwd?: string
  /** When the guest kills the command and all that it started. Default: never. */
  readonly deadlineMs?: number
  /** Whether {@link Call.stdin} is there; otherwise the command reads `/dev/null`. Default: no. */
  readonly stdin?: boolean
}

/** The payload of an `EXEC`. */
export function encodeExecRequest(request: ExecRequest, window: number): Buffer {
  const environment = Object.entries(request.env ?? {}).map(([name, value]) => {
    if (name !== '' && !name.includes('=')) return `${name}=${value}`
    throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot set the variable "${name}": not a name`)
  })
  if (request.argv.length === 0 || (request.shell === true && request.argv.length !== 1)) {
    throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot run ${request.argv.length} arguments: not a command`)
  }
  const payload = new PayloadWriter()
    .u32(flags(request))
    .u32(deadline(request.deadlineMs))
    .u16(size(request.pty?.rows))
    .u16(size(request.pty?.columns))
    .u32(window)
    .string(request.user ?? '')
    .string(request.cwd ?? '')
    .strings(request.argv)
    .strings(environment)
    .finish()
  if (payload.length <= payloadMax) return payload
  throw new MisuseError(
    'ERR_FLEDGE_OPTION',
    `Cannot run a command of ${payload.length} bytes: at most ${payloadMax} are possible`,
    { hint: 'Copy the script or its data into the machine, or send it through stdin.' },
  )
}

function flags(request: ExecRequest): number {
  return (
    (request.shell === true ? execFlag.shell : 0) |
    (request.pty ? execFlag.pty : 0) |
    (request.cleanEnv === true ? execFlag.cleanEnv : 0) |
    (request.stdin === true ? execFlag.stdin : 0)
  )
}

/** 0 means none to the agent, and a deadline of less than a millisecond is none to nobody. */
function deadline(milliseconds: number | undefined): number {
  if (milliseconds === undefined || milliseconds === Infinity) return 0
  if (Number.isNaN(milliseconds)) throw new MisuseError('ERR_FLEDGE_OPTION', 'Cannot use the deadline NaN')
  return Math.min(Math.max(Math.ceil(milliseconds), 1), 0xffff_ffff)
}

function size(value = 0): number {
  if (Number.isInteger(value) && value >= 0 && value <= 0xffff) return value
  throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot make a terminal of ${value} rows or columns`)
}

export { size as terminalSize }
