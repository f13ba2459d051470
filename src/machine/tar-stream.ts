import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'

import type { Exit } from '../channel/call.ts'
import { gather } from '../channel/gather.ts'
import type { GuestChannel } from '../channel/guest-channel.ts'
import { execRequest } from './command-line.ts'

/** Why a copy is not whole. */
export interface TarFailure {
  /** Which of both sides has it. */
  readonly side: 'host' | 'guest'
  /** What tar, or the system, said. */
  readonly said: string
  readonly cause?: unknown
}

/** What is packed: a path in a folder, `.` for all of that. */
export interface TarSource {
  readonly folder: string
  readonly contents: string
}

/** The shell of the guest, for a script and its arguments. */
type ShellLine = readonly ['sh', '-euc', script: string, 'sh', ...args: string[]]

// A backslash in a name is one, and not the beginning of another character.
const asRoot = ['--owner=root:0', '--group=root:0', '--numeric-owner', '--no-unquote']

/** What is said, and by which exit status, where there is no tar. */
const needTar = 'command -v tar > /dev/null || { echo "the guest has no tar" >&2; exit 127; }'

/**
 * Streams files of the host into a script in the guest that unpacks them, as root's, with modes, links and times.
 *
 * @returns why that is not whole, or nothing
 */
export async function packIntoGuest(
  channel: GuestChannel,
  { folder, contents }: TarSource,
  [shell, option, script, ...args]: ShellLine,
  signal: AbortSignal,
): Promise<TarFailure | undefined> {
  const request = execRequest([shell, option, `${needTar}\n${script}`, ...args], {})
  const call = await channel.exec({ ...request, stdin: true }, { signal })
  const output = gather(call)
  // Not sooner: Node throws away what a child that has ended wrote before anyone read it.
  const packer = spawn(
    'tar',
    ['--create', '--file=-', ...asRoot, `--directory=${folder}`, '--', contents],
    // What it says is read by programs, too.
    { signal, env: { ...process.env, LC_ALL: 'C' } },
  )
  const packed = endOf(packer)
  if (call.stdin) packer.stdout.on('error', () => {}).pipe(call.stdin.on('error', () => {}))
  try {
    const exit = await output.exited
    // A packer that the guest left alone would wait for ever to be read; one that has ended has its say.
    if (!succeeded(exit) && packer.exitCode === null) packer.kill('SIGKILL')
    const said = await packed
    const guest = succeeded(exit) ? undefined : output.stderr().toString('utf8').trim()
    // What the packer says of a guest that takes no more is not why.
    const isEcho = guest !== undefined && said?.includes('Broken pipe')
    if (said !== undefined && packer.signalCode === null && !isEcho) return { side: 'host', said }
    return guest === undefined ? undefined : { side: 'guest', said: guest }
  } finally {
    packer.kill('SIGKILL')
  }
}

/**
 * What comes out of a guest is data, not to be trusted: it becomes the caller's own, nothing is set-uid, and no devices,
 * pipes or sockets are made. A link that leads elsewhere is kept, and never followed: tar-fs writes through none.
 */
const extractOptions: object = { chown: false, umask: 0o7000, strict: false, validateSymlinks: false }

/** GNU's tar takes a backslash in a name for the beginning of another character unless told not to; a busybox's never does. */
export const pack = `
  set -- -c -f - -C "$1" -- "$2"
  case "$7" in *\\\\*) if tar --no-unquote --version > /dev/null 2>&1; then set -- --no-unquote "$@"; fi ;; esac
  exec tar "$@"`

/**
 * Streams files of the guest into a folder of the host that is there for them.
 *
 * @returns why that is not whole, or nothing
 */
export async function unpackFromGuest(
  channel: GuestChannel,
  { folder, contents }: TarSource,
  target: string,
  signal: AbortSignal,
): Promise<TarFailure | undefined> {
  const { extract } = await import('tar-fs')
  const script = `${needTar}\n${pack}`
  const call = await channel.exec(execRequest(['sh', '-euc', script, 'sh', folder, contents], {}), { signal })
  let stderr = ''
  call.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const received = pipeline(call.stdout, extract(target, extractOptions)).then(
    () => undefined,
    (error: Error) => error,
  )
  const exit = await call.exited
  const cause = await received
  if (!succeeded(exit)) return { side: 'guest', said: stderr.trim() }
  return cause && { side: 'host', said: cause.message, cause }
}

/** How a program on the host ended: nothing when well, else what it said. */
async function endOf(child: ChildProcessWithoutNullStreams): Promise<string | undefined> {
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  try {
    const [code] = (await once(child, 'close')) as [number | null]
    return code === 0 ? undefined : stderr.trim() || 'tar failed'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function succeeded(exit: Exit): boolean {
  return 'exitCode' in exit && exit.exitCode === 0
}
