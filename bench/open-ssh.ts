import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

import type { Machine } from 'fledge'

const run = promisify(execFile)

/** An ssh connection to a machine that stays open. */
export interface OpenSsh extends AsyncDisposable {
  run(command: string, signal: AbortSignal): Promise<void>
}

/** How long the master may take to log in, emulated and for the first time. */
const loginMs = 120_000

/** Opens a master connection to a machine's own ssh server; nothing where this host has no ssh client. */
export async function openSsh(vm: Machine): Promise<OpenSsh | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'fledge-bench-'))
  const same = ['-F', 'none', '-o', `ControlPath=${folder}/master`]
  try {
    const key = join(folder, 'key')
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
    await vm.succeed('install -D -m 600 /dev/stdin /root/.ssh/authorized_keys', {
      stdin: await readFile(`${key}.pub`),
    })
    await vm.systemctl('start ssh')
    const port = String(await vm.forwardPort(22))
    const trust = ['StrictHostKeyChecking=no', `UserKnownHostsFile=${folder}/hosts`, 'ControlMaster=yes']
    const options = trust.flatMap((option) => ['-o', option])
    // Its streams are nobody's: who waits for their end would wait for the end of the master.
    const master = spawn('ssh', [...same, '-N', '-i', key, ...options, '-p', port, 'root@127.0.0.1'], {
      stdio: 'ignore',
    })
    const ended = once(master, 'exit')
    await untilOpen([...same, '-O', 'check', 'root@127.0.0.1'])
    return {
      async run(command, signal) {
        await run('ssh', [...same, 'root@127.0.0.1', command], { signal })
      },
      async [Symbol.asyncDispose]() {
        master.kill()
        await ended
        await rm(folder, { recursive: true })
      },
    }
  } catch (error) {
    await rm(folder, { recursive: true })
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

async function untilOpen(check: readonly string[]): Promise<void> {
  for (const end = performance.now() + loginMs; ;) {
    const failure = await run('ssh', check).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (failure === undefined) return
    if (performance.now() > end) throw failure
    await sleep(100)
  }
}
