import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readdir, readlink } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { basename, dirname } from 'node:path'

import { hasCode } from './has-code.ts'
import { missingTool } from './run-tool.ts'
import { makeFolder } from './make-folder.ts'

/** A lock that is held until it is disposed of, or this process ends in whatever way. */
export interface FileLock extends AsyncDisposable {
  /** Whether someone else held it when it was asked for. */
  readonly waited: boolean
}

/**
 * Takes an exclusive lock on a file, which it makes when needed, and waits as long as that takes.
 *
 * The lock is a child `flock` that lives as long as a pipe from this process: Node has no `flock`
 * of its own, and the kernel closes the pipe even when this process is killed. Only who holds the lock may
 * delete its file: who gets a lock on a file that was deleted asks again.
 */
export async function lockFile(
  path: string,
  options: { signal?: AbortSignal; onWait?: () => void } = {},
): Promise<FileLock> {
  options.signal?.throwIfAborted()
  await makeFolder(dirname(path))
  const quick = await tryLockFile(path, options)
  if (quick) return quick
  options.onWait?.()
  const slow = await take(path, [], options.signal)
  if (slow) return held(slow, true)
  throw new Error(`Cannot lock "${path}": flock ended`)
}

/** Takes the lock if nobody holds it. The folder has to be there. */
export async function tryLockFile(
  path: string,
  options: { signal?: AbortSignal } = {},
): Promise<FileLock | undefined> {
  const quick = await take(path, ['--nonblock'], options.signal)
  return quick && held(quick, false)
}

type Holder = ReturnType<typeof spawnHolder>

function spawnHolder(path: string, flags: readonly string[]) {
  return spawn(
    'flock',
    [...flags, '--conflict-exit-code', '75', path, 'sh', '-c', 'echo; exec cat >/dev/null'],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
      // In a group of its own: Ctrl-C must not drop the lock before the work under it has ended.
      detached: true,
    },
  )
}

async function take(
  path: string,
  flags: readonly string[],
  signal?: AbortSignal,
): Promise<Holder | undefined> {
  signal?.throwIfAborted()
  const holder = spawnHolder(path, flags)
  const stop = (): void => void holder.kill('SIGKILL')
  signal?.addEventListener('abort', stop, { once: true })
  let stderr = ''
  holder.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  try {
    const taken = await Promise.race([
      once(holder.stdout, 'data').then(() => true),
      once(holder, 'close').then(() => false),
    ])
    signal?.throwIfAborted()
    if (taken && !(await wasDeleted(path, holder))) return holder
    if (taken) {
      holder.stdin.end()
      return await take(path, flags, signal)
    }
    if (holder.exitCode === 75) return undefined
    throw new Error(`Cannot lock "${path}": ${stderr.trim() || `flock ended with ${holder.exitCode}`}`, {
      cause: await whyNotOpen(path),
    })
  } catch (error) {
    holder.kill('SIGKILL')
    throw hasCode(error, 'ENOENT') ? missingTool('flock') : error
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

/** The system's error for a file that cannot be opened, which tells more than the words of a program. */
async function whyNotOpen(path: string): Promise<unknown> {
  return open(path, 'a').then(
    (file) => file.close(),
    (error: unknown) => error,
  )
}

/** Whether the file that the holder has open and locked is no longer the one of that name. */
async function wasDeleted(path: string, { pid }: Holder): Promise<boolean> {
  const folder = `/proc/${pid}/fd`
  const names = await readdir(folder).catch(() => [])
  const links = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')))
  return links.some((link) => link.endsWith(`/${basename(path)} (deleted)`))
}

function held(holder: Holder, waited: boolean): FileLock {
  // A lock that is never disposed of must not keep this process from its end.
  const sockets = [holder.stdin, holder.stdout, holder.stderr] as unknown as Socket[]
  for (const each of [holder, ...sockets]) each.unref()
  return {
    waited,
    async [Symbol.asyncDispose]() {
      if (holder.exitCode !== null || holder.signalCode !== null) return
      const exited = once(holder, 'exit')
      holder.ref()
      holder.stdin.end()
      await exited
    },
  }
}
