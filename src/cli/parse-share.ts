import { InvalidArgumentError } from 'commander'

import type { Share } from '../index.ts'

/** What each word asks for; who wants to write from the command line wants to have what was written. */
const accesses: Readonly<Record<string, Pick<Share, 'access' | 'copyBack'>>> = {
  ro: { access: 'read-only' },
  rw: { access: 'read-write', copyBack: true },
  overlay: { access: 'overlay' },
}

/** Shares by their paths in the guest, as they are gathered. */
export type GivenShares = Readonly<Record<string, Share>>

/**
 * Reads `DIR:PATH[:ro|:rw|:overlay]` and adds it to those before it. Both paths may have colons: the one in the guest is
 * absolute, so it starts at the last `:/`. It ends in a colon and a word only before an access, lest one that is
 * misspelt is taken for a part of it.
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
  const misspelt = word === undefined ? /:([a-z-]*)$/i.exec(target)?.[1] : undefined
  if (misspelt !== undefined) {
    throw new InvalidArgumentError(`"${misspelt}" is not an access: it must be ro, rw or overlay`)
  }
  if (Object.hasOwn(before, target)) throw new InvalidArgumentError(`"${target}" has a share already`)
  const access = word === undefined ? undefined : accesses[word]
  return { ...before, [target]: { source, ...(access === undefined ? {} : access) } }
}
