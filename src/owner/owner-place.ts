import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { EnvironmentError } from '../errors.ts'

const root = join(import.meta.dirname, '../..')

/** The program of the process that owns machines; built, as Node runs no TypeScript. */
export const ownerProgram: string = join(root, 'dist/serve/owner-process.js')

let build: string | undefined

/**
 * Which fledge this is: its version, and which build of it. Processes of two never talk to each other, as what they
 * say may differ.
 */
export function ourBuild(): string {
  // A process goes on with the code that it has begun with, whatever is installed in its place meanwhile.
  build ??= readBuild()
  return build
}

function readBuild(): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const { mtimeMs = 0, size = 0 } = statSync(ownerProgram, { throwIfNoEntry: false }) ?? {}
  return `${version}+${digest(`${mtimeMs}:${size}`, 8)}`
}

/**
 * The folder of sockets, which only this user can look into: `$XDG_RUNTIME_DIR/fledge`, else `fledge-UID` in the folder of temporary files.
 *
 * @throws EnvironmentError `ERR_FLEDGE_OWNER` when someone else has made it
 */
export function socketFolder(): string {
  const runtime = process.env['XDG_RUNTIME_DIR']
  const id = process.getuid?.() ?? 0
  const folder = runtime ? join(runtime, 'fledge') : join(tmpdir(), `fledge-${id}`)
  mkdirSync(folder, { mode: 0o700, recursive: true })
  const { uid, mode } = lstatSync(folder)
  const isPrivate = uid === id && (mode & 0o170_777) === 0o040_700
  if (isPrivate) return folder
  throw new EnvironmentError(
    'ERR_FLEDGE_OWNER',
    `Cannot put sockets into "${folder}": it must be a folder of this user, with mode 0700`,
    { hint: 'Remove it, or set XDG_RUNTIME_DIR to a folder of your own' },
  )
}

/** The socket of the owner for this build and these settings. */
export function ownerSocket(): string {
  const settings = Object.entries(process.env)
    .filter(([name]) =>
      /^(?:FLEDGE_(?!OWNER|DEBUG)\w+|XDG_CACHE_HOME|HOME|TMPDIR|PATH|\w*_proxy)$/i.test(name),
    )
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return join(socketFolder(), `owner-${digest(JSON.stringify([ourBuild(), settings]), 16)}.sock`)
}

function digest(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length)
}
