import { MisuseError } from '../errors.ts'

/**
 * The address of a mirror that was named, without its last slash.
 *
 * @throws MisuseError `ERR_FLEDGE_IMAGE_INVALID` when it cannot be one, or has a user or a password
 */
export function mirrorUri(mirror: string): string {
  // First, so that no message has it.
  if (hasCredentials(mirror)) {
    throw new MisuseError(
      'ERR_FLEDGE_IMAGE_INVALID',
      'Cannot use a mirror with a user or a password in its address: the image would keep them',
      {
        hint: 'Name a mirror that asks for none in FLEDGE_MIRROR, or a proxy of your own that adds them',
      },
    )
  }
  if (/^(https?|ftp):\/\/[^\s"[\]]+$/.test(mirror)) return mirror.replace(/\/+$/, '')
  throw new MisuseError(
    'ERR_FLEDGE_IMAGE_INVALID',
    `Cannot use the mirror "${mirror}": not an http, https or ftp address`,
    {
      hint: 'Name the folder that holds "dists" and "pool", as in "https://mirror.example/debian"',
    },
  )
}

/** Whether an address has a user or a password before its host. */
export function hasCredentials(uri: string): boolean {
  return /^[^/]*:\/\/[^/?#]*@/.test(uri.trim())
}
