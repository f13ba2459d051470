import { mkdtemp, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { MisuseError } from '../errors.ts'
import { hasCode } from './has-code.ts'

/**
 * The folder of temporary files: `TMPDIR`, else `/tmp`.
 *
 * @throws MisuseError `ERR_FLEDGE_OPTION` when it is not there or cannot be written
 */
export async function temporaryFolder(): Promise<string> {
  const folder = tmpdir()
  try {
    // Permissions do not tell of folders where nobody can write, as on /proc.
    await rmdir(await mkdtemp(join(folder, 'fledge-')))
  } catch (cause) {
    if (hasCode(cause, 'ENOSPC')) throw cause
    throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot put temporary files into "${folder}"`, {
      cause,
      hint: `Make the folder, by "mkdir -p '${folder}'", or set TMPDIR to one that you can write to`,
    })
  }
  return folder
}
