import { access, constants } from 'node:fs/promises'
import { tmpdir } from 'node:os'

import { MisuseError } from '../errors.ts'

/**
 * The folder of temporary files: `TMPDIR`, else `/tmp`.
 *
 * @throws MisuseError `ERR_FLEDGE_OPTION` when it is not there or cannot be written
 */
export async function temporaryFolder(): Promise<string> {
  const folder = tmpdir()
  try {
    await access(folder, constants.W_OK)
  } catch (cause) {
    throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot put temporary files into "${folder}"`, {
      cause,
      hint: `Make the folder, by "mkdir -p '${folder}'", or set TMPDIR to one that you can write to`,
    })
  }
  return folder
}
