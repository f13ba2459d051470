import type { RemoteOwner } from './remote-owner.ts'

let given: Promise<RemoteOwner> | undefined

/** The owner that a sealed run was given, if this process is in one: it holds all machines of it. */
export async function givenOwner(): Promise<RemoteOwner | undefined> {
  const path = process.env['FLEDGE_OWNER']
  if (!path) return undefined
  // Loaded for those who are in one.
  given ??= import('./remote-owner.ts').then(({ RemoteOwner }) => RemoteOwner.connect(path))
  return given
}
