import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { lstat, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, posix, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'

import type { Exit } from '../channel/call.ts'
import { gather } from '../channel/gather.ts'
import { GuestError } from '../errors.ts'
import { absolutePath, checkOptions, checkValue, text } from '../util/check-options.ts'
import { bounds, callChecks, type CallOptions } from '../util/with-deadline.ts'
import { execRequest } from './command-line.ts'
import { runVerb, type VerbContext } from './verb.ts'

const defaultTimeoutMs = 900_000

/**
 * Copies a file or a folder into the guest, as root's, with modes, links and times. A target that ends with a slash is
 * a folder to copy into; else it is the path of the copy.
 */
export async function copyFromHost(
  context: VerbContext,
  source: string,
  target: string,
  options: CallOptions,
): Promise<void> {
  checkValue('copyFromHost', 'source', source, text)
  checkValue('copyFromHost', 'target', target, absolutePath)
  checkOptions('copyFromHost', options, callChecks)
  const from = resolve(source)
  const place = target.endsWith('/') ? posix.join(target, basename(from)) : target
  const kind = await lstat(from).catch((cause: unknown) =>
    Promise.reject(copyFailed(context, `"${from}" does not exist`, cause)),
  )
  const naming = {
    verb: 'copyFromHost',
    detail: `${source} to ${target}`,
    defaultTimeoutMs,
    ...bounds(options),
  }
  await runVerb(context, naming, async ({ signal }) => {
    const [parent, contents, script] = kind.isDirectory()
      ? [from, '.', unpackFolder]
      : [dirname(from), basename(from), unpackFile]
    // A backslash in a name is one, and not the beginning of another character.
    const how = ['--owner=root:0', '--group=root:0', '--numeric-owner', '--no-unquote']
    const request = execRequest(['sh', '-euc', script, 'sh', place, basename(from)], {})
    const call = await context.channel.exec({ ...request, stdin: true }, { signal })
    const output = gather(call)
    // Not sooner: Node throws away what a child that has ended wrote before anyone read it.
    const packer = spawn('tar', ['--create', '--file=-', ...how, `--directory=${parent}`, '--', contents], {
      signal,
    })
    const packed = endOf(packer)
    if (call.stdin) packer.stdout.on('error', () => {}).pipe(call.stdin.on('error', () => {}))
    try {
      const exit = await output.exited
      // A packer that the guest left alone would wait for ever to be read; one that has ended has its say.
      if (!succeeded(exit) && packer.exitCode === null) packer.kill('SIGKILL')
      const trouble = await packed
      if (trouble !== undefined && packer.signalCode === null) {
        throw copyFailed(context, `"${from}" could not be read whole: ${trouble}`)
      }
      if (!succeeded(exit)) throw copyFailed(context, output.stderr().toString('utf8').trim())
    } finally {
      packer.kill('SIGKILL')
    }
  })
}

/**
 * What comes out of a guest is data, not to be trusted: it becomes the caller's own, nothing is set-uid, and no devices,
 * pipes or sockets are made. A link that leads elsewhere is kept, and never followed: tar-fs writes through none.
 */
const extractOptions: object = { chown: false, umask: 0o7000, strict: false, validateSymlinks: false }

const unpackFolder = 'mkdir -p -- "$1"; exec tar -x -p -f - -C "$1"'
const unpackFile = `
  folder=$(dirname -- "$1"); mkdir -p -- "$folder"; new=$(mktemp -d "$folder/.fledge-XXXXXX")
  trap 'rm -rf -- "$new"' EXIT
  tar -x -p -f - -C "$new"; mv -f -- "$new/$2" "$1"`

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

/**
 * Copies a file or a folder out of the guest, with modes, links and times, as the caller's own and without set-uid bits;
 * devices, pipes and sockets are left out. A target that ends with
 * a slash is a folder to copy into; else it is the path of the copy.
 */
export async function copyFromMachine(
  context: VerbContext,
  source: string,
  target: string,
  options: CallOptions,
): Promise<void> {
  checkValue('copyFromMachine', 'source', source, absolutePath)
  checkValue('copyFromMachine', 'target', target, text)
  checkOptions('copyFromMachine', options, callChecks)
  const from = posix.resolve(source)
  const place = resolve(target.endsWith('/') ? join(target, posix.basename(from)) : target)
  const naming = {
    verb: 'copyFromMachine',
    detail: `${source} to ${target}`,
    defaultTimeoutMs,
    ...bounds(options),
  }
  await runVerb(context, naming, async ({ signal }) => {
    await mkdir(dirname(place), { recursive: true })
    // Whole or not at all: what comes is put beside the target and moved there at the end.
    const arriving = await mkdtemp(`${place}.partial-`)
    try {
      const { extract } = await import('tar-fs')
      const request = execRequest(
        ['tar', '--no-unquote', '-c', '-f', '-', '-C', posix.dirname(from), '--', posix.basename(from)],
        {},
      )
      const call = await context.channel.exec(request, { signal })
      let stderr = ''
      call.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
      const extractor = extract(arriving, extractOptions)
      const received = pipeline(call.stdout, extractor).then(
        () => undefined,
        (error: unknown) => error,
      )
      const exit = await call.exited
      const trouble = await received
      if (!succeeded(exit)) throw copyFailed(context, stderr.trim())
      if (trouble !== undefined) throw copyFailed(context, `"${place}" could not be written`, trouble)
      await rename(join(arriving, posix.basename(from)), place).catch((cause: unknown) => {
        throw copyFailed(context, `"${place}" is there already and cannot be replaced`, cause)
      })
    } finally {
      await rm(arriving, { recursive: true, force: true })
    }
  })
}

function copyFailed({ owned }: VerbContext, why: string, cause?: unknown): GuestError {
  return new GuestError('ERR_FLEDGE_COPY', `Cannot copy: ${why}`, { machine: owned.name, cause })
}
