import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Runs a Node program to its end, which has to be a good one, and gives the milliseconds from its start. */
export async function wholeProcess(
  args: readonly string[],
  { signal, cwd }: { readonly signal: AbortSignal; readonly cwd?: string },
): Promise<number> {
  // A run under test takes itself for one of its own.
  const { CI: _, ...env } = process.env
  const start = performance.now()
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
    ...(cwd ? { cwd } : {}),
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  }
  const abort = (): void => void child.kill('SIGTERM')
  signal.addEventListener('abort', abort)
  try {
    const [code] = (await once(child, 'close')) as [number | null]
    signal.throwIfAborted()
    if (code !== 0) throw new Error(`"${args.join(' ')}" ended with ${code}: ${said.slice(-2000)}`)
    return performance.now() - start
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
