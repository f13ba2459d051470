import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'

import { EnvironmentError } from '../index.ts'

/** Signals that end a run. */
const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Finds the command of Playwright Test: the one that the tests' own project has, else the one beside fledge.
 *
 * @throws EnvironmentError `ERR_FLEDGE_TOOL_MISSING`
 */
export function findPlaywright(folders: readonly string[]): string {
  for (const from of [...folders.map((folder) => join(folder, 'test.js')), import.meta.filename]) {
    try {
      return join(dirname(createRequire(from).resolve('@playwright/test/package.json')), 'cli.js')
    } catch {
      // Not there; the next may have it.
    }
  }
  throw new EnvironmentError(
    'ERR_FLEDGE_TOOL_MISSING',
    'Cannot find Playwright Test, which runs the tests: the package "@playwright/test" is not installed here',
    { hint: 'Run "npm install --save-dev @playwright/test"; no browser is needed' },
  )
}

/**
 * Runs Playwright Test in the terminal that this process has, and passes signals on: at the first Ctrl-C it ends its tests
 * and stops their machines. It dies when this process does.
 *
 * @param signal ends it as Ctrl-C does
 * @returns its exit status
 */
export async function runPlaywright(
  cli: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<number> {
  const command = ['--pdeathsig', 'TERM', '--', process.execPath, cli, 'test', ...args]
  const child = spawn('setpriv', command, { stdio: 'inherit', env: { ...process.env, ...env } })
  // Ctrl-C reaches the child from the terminal as well; it takes two signals within a second for one.
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal)
  for (const signal of passedOn) process.on(signal, passOn)
  const end = (): void => passOn('SIGINT')
  signal?.addEventListener('abort', end, { once: true })
  try {
    const [code, killedBy] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    return code ?? 128 + constants.signals[killedBy ?? 'SIGKILL']
  } catch (error) {
    throw new EnvironmentError('ERR_FLEDGE_TOOL_MISSING', 'Cannot find the program "setpriv"', {
      cause: error,
      hint: 'Run "sudo apt-get install util-linux"',
    })
  } finally {
    signal?.removeEventListener('abort', end)
    for (const signal of passedOn) process.off(signal, passOn)
  }
}
