import { EnvironmentError } from '../errors.ts'

/** What a host program is run with. */
export interface ToolOptions {
  readonly signal?: AbortSignal
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly input?: string
  /** Called with each line of standard output and standard error, as it comes. */
  readonly onLine?: (line: string) => void
  /** Exit codes that are not errors, besides 0. */
  readonly allow?: readonly number[]
  /** What ends it, when the signal aborts or this process ends: `SIGTERM`, unless it ignores that. */
  readonly killSignal?: 'SIGTERM' | 'SIGKILL'
}

/** How a host program ended. */
export interface ToolResult {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
}

/** The Debian package of each host program that fledge may call. */
export const toolPackages = {
  'qemu-system-x86_64': 'qemu-system-x86',
  mmdebstrap: 'mmdebstrap',
  'apt-config': 'apt',
  mke2fs: 'e2fsprogs',
  debugfs: 'e2fsprogs',
  filefrag: 'e2fsprogs',
  flock: 'util-linux',
  setpriv: 'util-linux',
  unshare: 'util-linux',
  cp: 'coreutils',
  xz: 'xz-utils',
  zstd: 'zstd',
  'qemu-img': 'qemu-utils',
  swtpm: 'swtpm',
  bwrap: 'bubblewrap',
} as const

/** The packages that only some need, and for what. */
export const optionalPackages: Readonly<Record<string, string>> = {
  'qemu-utils': 'saveDisk and keepState',
  swtpm: 'a TPM',
  bubblewrap: 'fledge test --sandbox',
}

/** A host program that fledge may call. */
export type Tool = keyof typeof toolPackages

/**
 * Runs a host program to its end. It dies with this process, even when that is killed.
 *
 * @throws EnvironmentError `ERR_FLEDGE_TOOL_MISSING` when it is not installed; `ToolError` when it
 * fails; the signal's reason when that aborts.
 */
export async function runTool(
  tool: Tool,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<ToolResult> {
  const { execa } = await import('execa')
  const { onLine, allow = [], killSignal = 'SIGTERM' } = options
  const running = execa('setpriv', ['--pdeathsig', killSignal.slice(3), '--', tool, ...args], {
    killSignal,
    all: onLine !== undefined,
    stdin: options.input === undefined ? 'ignore' : 'pipe',
    reject: false,
    forceKillAfterDelay: 10_000,
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    // The tools of file systems are not in a plain user's PATH.
    env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  if (onLine) for await (const line of running.iterable({ from: 'all' })) onLine(line)
  const result = await running
  options.signal?.throwIfAborted()
  if (result.exitCode === 127) throw missingTool(tool)
  if (result.failed && !allow.includes(result.exitCode ?? -1)) {
    throw new ToolError(tool, result.exitCode, result.stderr)
  }
  return { stdout: result.stdout, stderr: result.stderr, exitCode: result.exitCode ?? -1 }
}

/** A host program ended with a failure. */
export class ToolError extends Error {
  override name = 'ToolError'
  readonly exitCode: number | undefined
  readonly stderr: string

  constructor(tool: Tool, exitCode: number | undefined, stderr: string) {
    const tail = stderr.trim().split('\n').slice(-5).join('\n')
    super(
      `"${tool}" failed${exitCode === undefined ? '' : ` with exit code ${exitCode}`}${tail && `:\n${tail}`}`,
    )
    this.exitCode = exitCode
    this.stderr = stderr
  }
}

/** The error for a program that is not installed. */
export function missingTool(tool: Tool): EnvironmentError {
  return new EnvironmentError('ERR_FLEDGE_TOOL_MISSING', `Cannot find the program "${tool}"`, {
    hint: `Run "fledge doctor --fix", or "sudo apt-get install ${toolPackages[tool]}"`,
  })
}
