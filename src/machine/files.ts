import { lstat, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, posix, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'

import { gather } from '../channel/gather.ts'
import { GuestError, MisuseError } from '../errors.ts'
import { bounds, type CallOptions } from '../util/with-deadline.ts'
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
  const from = resolve(source)
  const place = target.endsWith('/') ? posix.join(target, basename(from)) : target
  if (!posix.isAbsolute(place)) throw relativePath('target', target)
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
    const folder = kind.isDirectory() ? place : posix.dirname(place)
    const { pack } = await import('tar-fs')
    const packed = pack(kind.isDirectory() ? from : dirname(from), {
      ...(kind.isDirectory() ? {} : { entries: [basename(from)] }),
      map: (header) => ({
        ...header,
        name: kind.isDirectory() ? header.name : posix.basename(place),
        uid: 0,
        gid: 0,
      }),
    })
    const script = 'mkdir -p -- "$1" && exec tar -x -p -f - -C "$1"'
    const request = execRequest(['sh', '-c', script, 'sh', folder], {})
    const call = await context.owned.channel.exec({ ...request, stdin: true }, { signal })
    const output = gather(call)
    const sent = call.stdin
      ? pipeline(packed, call.stdin).then(
          () => undefined,
          (error: unknown) => error,
        )
      : undefined
    const exit = await output.exited
    if (!('exitCode' in exit) || exit.exitCode !== 0)
      throw copyFailed(context, output.stderr().toString('utf8').trim())
    const trouble = await sent
    if (trouble !== undefined) throw copyFailed(context, `"${from}" could not be read whole`, trouble)
  })
}

/**
 * Copies a file or a folder out of the guest, with modes, links and times, as the caller's own. A target that ends with
 * a slash is a folder to copy into; else it is the path of the copy.
 */
export async function copyFromMachine(
  context: VerbContext,
  source: string,
  target: string,
  options: CallOptions,
): Promise<void> {
  if (!posix.isAbsolute(source)) throw relativePath('source', source)
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
        ['tar', '-c', '-f', '-', '-C', posix.dirname(from), '--', posix.basename(from)],
        {},
      )
      const call = await context.owned.channel.exec(request, { signal })
      let stderr = ''
      call.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString('utf8'))).on('error', () => {})
      // A link that leads out of the copy is kept as a link, and never followed: tar-fs writes through none.
      const extractor = extract(arriving, { validateSymlinks: false } as object)
      const received = pipeline(call.stdout, extractor).then(
        () => undefined,
        (error: unknown) => error,
      )
      const exit = await call.exited
      const trouble = await received
      if (!('exitCode' in exit) || exit.exitCode !== 0) throw copyFailed(context, stderr.trim())
      if (trouble !== undefined) throw copyFailed(context, `"${place}" could not be written`, trouble)
      await rename(join(arriving, posix.basename(from)), place).catch((cause: unknown) => {
        throw copyFailed(context, `"${place}" is there already and cannot be replaced`, cause)
      })
    } finally {
      await rm(arriving, { recursive: true, force: true })
    }
  })
}

function relativePath(what: string, path: string): MisuseError {
  return new MisuseError(
    'ERR_FLEDGE_OPTION',
    `Cannot copy: the ${what} in the guest "${path}" is not an absolute path`,
  )
}

function copyFailed({ owned }: VerbContext, why: string, cause?: unknown): GuestError {
  return new GuestError('ERR_FLEDGE_COPY', `Cannot copy: ${why}`, { machine: owned.name, cause })
}
