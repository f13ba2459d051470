import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'

import { EnvironmentError } from '../../errors.ts'
import { lockFile } from '../../util/file-lock.ts'
import { hasCode } from '../../util/has-code.ts'
import { ownerProgram, ownerSocket } from '../owner-place.ts'
import { RemoteOwner } from './remote-owner.ts'

/** Connects to the owner of this build and these settings, if one runs. */
export async function findOwner(path: string = ownerSocket()): Promise<RemoteOwner | undefined> {
  try {
    return await RemoteOwner.connect(path)
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ECONNREFUSED')) return undefined
    throw error
  }
}

/**
 * Connects to the owner of this build and these settings, and starts it where none runs. It ends by itself when it has had no machines
 * and no clients for a while.
 *
 * @throws EnvironmentError `ERR_FLEDGE_OWNER`
 */
export async function reachOwner(): Promise<RemoteOwner> {
  const path = ownerSocket()
  const running = await findOwner(path)
  if (running) return running
  await using _ = await lockFile(`${path}.lock`)
  return (await findOwner(path)) ?? (await start(path))
}

async function start(path: string): Promise<RemoteOwner> {
  if (!existsSync(ownerProgram)) {
    throw new EnvironmentError('ERR_FLEDGE_OWNER', `Cannot start "${ownerProgram}": it is not there`, {
      hint: 'Install fledge again; in its sources, run "npm run build"',
    })
  }
  await using log = await open(`${path.slice(0, -'.sock'.length)}.log`, 'w', 0o600)
  const { FLEDGE_OWNER: _, ...env } = process.env
  const child = spawn(process.execPath, [ownerProgram, path], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'ignore', log.fd, 'ipc'],
    env,
  })
  // It tells when it listens, or ends without.
  await Promise.race([once(child, 'message'), once(child, 'exit')])
  if (child.connected) child.disconnect()
  child.unref()
  const owner = await findOwner(path)
  if (owner) return owner
  throw new EnvironmentError('ERR_FLEDGE_OWNER', 'Cannot start the process that holds machines', {
    hint: `See "${path.slice(0, -'.sock'.length)}.log"`,
  })
}
