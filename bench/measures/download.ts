import { execFile, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import type { DownloadRates, Figures } from '../figures.ts'
import type { Subject } from '../subject.ts'
import { rate } from '../times.ts'

const run = promisify(execFile)

/** A whole number of sectors, as a disk has. */
const mb = 512
const rounds = 3
/** What a network of 2 Gbit/s brings. */
const limitMBs = 250

/**
 * Downloads a file from a server on this host, by fledge, digest included, and by `curl`, in turns; the best of each counts. The server is
 * once as quick as a good network, and once as quick as this host: then it, the digest and the download share the processors.
 * Nothing where this host has no `curl`.
 */
export async function download({ signal, update }: Subject): Promise<Pick<Figures, 'download'>> {
  const folder = await mkdtemp(join(tmpdir(), 'fledge-bench-'))
  try {
    if (!(await isThere('curl'))) return {}
    update(`making a file of ${mb} MB`)
    const path = join(folder, 'disk.raw')
    const file = { folder, path, digest: await makeFile(path) }
    const limited = await sideBySide(file, limitMBs, { signal, update })
    const unlimited = await sideBySide(file, undefined, { signal, update })
    return { download: { limited, unlimited, limitMBs, mb } }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The rates of both from one server. */
async function sideBySide(
  { folder, path, digest }: { folder: string; path: string; digest: string },
  limit: number | undefined,
  { signal, update }: Pick<Subject, 'signal' | 'update'>,
): Promise<DownloadRates> {
  await using server = await serve(path, limit)
  let [fledgeMBs, curlMBs] = [0, 0]
  for (let round = 1; round <= rounds; round++) {
    update(`${limit === undefined ? 'no limit' : `${limit} MB/s`}, round ${round} of ${rounds}`)
    const cache = join(folder, 'cache')
    const env = { ...process.env, FLEDGE_CACHE: cache }
    const pull = [program('pull'), `${server.url}#sha256=${digest}`]
    fledgeMBs = Math.max(fledgeMBs, await rateOf(process.execPath, pull, { env, signal }, 1))
    await rm(cache, { recursive: true })
    const copy = join(folder, 'copy')
    const curl = ['--silent', '--fail', '--noproxy', '*', '--write-out', '%{time_total}', '--output', copy]
    curlMBs = Math.max(curlMBs, await rateOf('curl', [...curl, server.url], { signal }, 1_000))
    await rm(copy)
  }
  return { fledgeMBs, curlMBs }
}

/** Runs a program that prints how long it took, in units of so many milliseconds. */
async function rateOf(
  path: string,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly signal: AbortSignal },
  unitMs: number,
): Promise<number> {
  const { stdout } = await run(path, args, options)
  return rate(mb * 1_000_000, Number(stdout) * unitMs)
}

async function isThere(name: string): Promise<boolean> {
  return run(name, ['--version']).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
      throw error
    },
  )
}

function program(name: string): string {
  return new URL(`../programs/${name}.js`, import.meta.url).pathname
}

/** Writes a file of noise, and gives its SHA-256. */
async function makeFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  await using file = await open(path, 'wx')
  for (let written = 0; written < mb; written += 16) {
    const bytes = randomBytes(16_000_000)
    hash.update(bytes)
    await file.write(bytes)
  }
  return hash.digest('hex')
}

async function serve(
  path: string,
  limit: number | undefined,
): Promise<AsyncDisposable & { readonly url: string }> {
  const child = spawn(
    process.execPath,
    [program('serve-file'), path, ...(limit === undefined ? [] : [`${limit}`])],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  const ended = once(child, 'exit')
  const [port] = (await Promise.race([
    once(child.stdout.setEncoding('utf8'), 'data'),
    ended.then(() => Promise.reject(new Error('The server of the bench ended at its start'))),
  ])) as [string]
  return {
    url: `http://127.0.0.1:${port.trim()}/disk.raw`,
    [Symbol.asyncDispose]: async () => {
      child.stdin.end()
      await ended
    },
  }
}
