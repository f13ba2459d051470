import { InvalidArgumentError } from 'commander'

/** Reads the name or the number of a user of the guest. */
export function parseUser(text: string): string {
  if (text !== '') return text
  throw new InvalidArgumentError('It must be the name or the number of a user of the guest')
}

/** Reads the path of a folder of the guest. */
export function parseFolder(text: string): string {
  if (text.startsWith('/')) return text
  throw new InvalidArgumentError('It must be an absolute path in the guest')
}
