/**
 * Whether a name can only be that of a machine: images from packages and official ones have a colon in theirs, one's own have a slash, and an
 * empty disk is "blank".
 */
export function isMachineName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9-]*$/.test(name) && name !== 'blank'
}
