import { lstat, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, posix, resolve } from 'node:path'

import { GuestError } from '../errors.ts'
import { absolutePath, checkOptions, checkValue, text } from '../util/check-options.ts'
import { bounds, callChecks, type CallOptions } from '../util/with-deadline.ts'
import { packIntoGuest, unpackFromGuest } from './tar-stream.ts'
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
    const [folder, contents, script] = kind.isDirectory()
      ? [from, '.', unpackFolder]
      : [dirname(from), basename(from), unpackFile]
    const failure = await packIntoGuest(
      context.channel,
      { folder, contents },
      ['sh', '-euc', script, 'sh', place, basename(from)],
      signal,
    )
    if (failure?.side === 'host') {
      throw copyFailed(context, `"${from}" could not be read whole: ${failure.said}`)
    }
    if (failure) throw copyFailed(context, failure.said)
  })
}

export const unpackFolder = 'mkdir -p -- "$1"; exec tar -x -p -f - -C "$1"'
export const unpackFile = `
  folder=$(dirname -- "$1"); mkdir -p -- "$folder"; new=$(mktemp -d "$folder/.fledge-XXXXXX")
  trap 'rm -rf -- "$new"' EXIT
  tar -x -p -f - -C "$new"; mv -f -- "$new/$2" "$1"`

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
      const contents = posix.basename(from)
      const guest = { folder: posix.dirname(from), contents }
      const failure = await unpackFromGuest(context.channel, guest, arriving, signal)
      if (failure?.side === 'guest') throw copyFailed(context, failure.said)
      if (failure) throw copyFailed(context, `"${place}" could not be written`, failure.cause)
      await rename(join(arriving, contents), place).catch((cause: unknown) => {
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
