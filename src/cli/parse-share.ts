import { InvalidArgumentError } from 'commander'

import type { Share, ShareAccess } from '../index.ts'

const accesses: Readonly<Record<string, ShareAccess>> = {
  ro: 'read-only',
  rw: 'read-write',
  overlay: 'overlay',
}

/** Shares by their paths in the guest, as they are gathered. */
export type GivenShares = Readonly<Record<string, Share>>

/**
 * Reads `DIR:PATH[:ro|:rw|:overlay]` and adds it to those before it. Both paths may have colons: the one in the guest is
 * absolute, so it starts at the last `:/`.
 */
export function parseShare(text: string, before: GivenShares = {}): GivenShares {
  const [, paths = text, word] = /^(.*):(ro|rw|overlay)$/s.exec(text) ?? []
  const at = paths.lastIndexOf(':/')
  const source = paths.slice(0, Math.max(at, 0))
  const target = paths.slice(at + 1)
  if (source === '') {
    throw new InvalidArgumentError(
      'It must be DIR:PATH, DIR:PATH:rw or DIR:PATH:overlay, where PATH in the guest is absolute',
    )
  }
  if (Object.hasOwn(before, target)) throw new InvalidArgumentError(`"${target}" has a share already`)
  const access = word === undefined ? undefined : accesses[word]
  return { ...before, [target]: { source, ...(access === undefined ? {} : { access }) } }
}
