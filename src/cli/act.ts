import { Exit } from './exit-code.ts'
import { interruption } from './interruption.ts'
import { showProgress } from './show-progress.ts'

/**
 * Does the work of a command: shows its progress and notices, and lets Ctrl-C end it well.
 *
 * @param work gets a signal that aborts when the user wants it to end, and gives the exit code, 0 by default
 */
export async function act(work: (signal: AbortSignal) => Promise<number | void>): Promise<void> {
  using progress = showProgress(process.stderr)
  using interrupted = interruption((signal) =>
    progress.say(`fledge: ending (${signal}); a second one ends it at once`),
  )
  closeOnBrokenPipe()
  try {
    process.exitCode = (await work(interrupted.signal)) ?? 0
  } catch (error) {
    if (interrupted.exitCode === undefined) throw error
  }
  if (interrupted.exitCode !== undefined) throw new Exit(interrupted.exitCode)
}

/** Who reads our output may go, as `head` does: then we go too, as quietly as programs do that SIGPIPE ends. */
function closeOnBrokenPipe(): void {
  process.stdout.on('error', () => process.exit(141))
  process.stderr.on('error', () => {})
}
