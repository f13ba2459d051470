import { runTool, type ToolOptions, type ToolResult } from '../util/run-tool.ts'

/**
 * Runs a program as root of namespaces of its own: of users, when we are not root; of mounts and
 * processes always.
 *
 * So a plain user can make files of any owner. And nothing survives us: when this process ends, however
 * that is, the kernel ends the first process in there, with it all others, and with them their mounts.
 */
export function runInNamespaces(
  program: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<ToolResult> {
  const users = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user', '--map-auto']
  return runTool(
    'unshare',
    [...users, '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--', program, ...args],
    // It ignores the softer signals, and leaves nothing to tidy up.
    { ...options, killSignal: 'SIGKILL' },
  )
}

/** Removes a folder with files of several owners, which only the root of those namespaces can. */
export async function removeInNamespaces(folder: string): Promise<void> {
  await runInNamespaces('rm', ['-rf', '--one-file-system', '--', folder])
}
