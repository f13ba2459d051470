import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'

/** Where what was typed at prompts is kept: in the user's folder for such things, for nobody else to read. */
export async function historyFile(): Promise<string> {
  const given = process.env['XDG_STATE_HOME'] ?? ''
  const file = join(isAbsolute(given) ? given : join(homedir(), '.local/state'), 'fledge/repl_history')
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  return file
}
