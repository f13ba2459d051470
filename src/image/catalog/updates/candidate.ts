import type { Architecture, CatalogBuild, CatalogEntry } from '../catalog-entry.ts'
import { newestMatch } from './compare-builds.ts'
import { indexFault } from './faults.ts'
import type { Web } from './web.ts'

/** What is looked for, and where. */
export interface Question {
  readonly entry: CatalogEntry
  readonly architecture: Architecture
  readonly web: Web
}

/** What an index says of the newest build. */
export interface Candidate {
  /** With what digests the index itself has. */
  readonly build: Omit<CatalogBuild, 'mirrors'>
  /** The address of the file that has its digests. */
  readonly checksums?: string
  /**
   * What is signed, where the distribution signs: `clearsigned` is the checksum file itself, `detached` the address of its
   * signature; `image` is the image, which is not downloaded to find it.
   */
  readonly signature?: 'clearsigned' | 'image' | { readonly detached: string }
}

/** Reads the index of one distribution. */
export type IndexReader = (question: Question) => Promise<Candidate>

/** Debian's names of the architectures, which others have taken over. */
export const debianArchitecture: Readonly<Record<Architecture, 'amd64' | 'arm64'>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
}

const named: Readonly<Record<Architecture, RegExp>> = {
  x86_64: /(?<![a-z0-9])(?:x86_64|amd64)(?![a-z0-9])/i,
  aarch64: /(?<![a-z0-9])(?:aarch64|arm64)(?![a-z0-9])/i,
}

/**
 * The address in the catalog that a reader starts at. `<arch>` in one stands for the architecture; of several, one that
 * names the architecture is meant before one that names none.
 */
export function addressOf(question: Question, pattern: RegExp): string {
  const { entry, architecture } = question
  const addresses = addressesOf(question, pattern)
  const address = addresses.find((each) => named[architecture].test(each)) ?? addresses[0]
  if (address !== undefined) return address
  throw indexFault(`The catalog has no address to look for ${entry.name} (${architecture}) at`)
}

/** All addresses of a kind in the catalog, but for those of the other architecture. */
export function addressesOf({ entry, architecture }: Question, pattern: RegExp): readonly string[] {
  const other = architecture === 'x86_64' ? 'aarch64' : 'x86_64'
  return entry.updates.index
    .map((address) => address.replaceAll('<arch>', architecture))
    .filter((address) => pattern.test(address) && !named[other].test(address))
}

/** What follows the colon in an image's name. */
export function versionOf({ name }: CatalogEntry): string {
  return name.slice(name.indexOf(':') + 1)
}

/** Makes text a part of a pattern. */
export function quoted(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}

/** The newest of names, by a pattern whose first group is the build; there has to be one. */
export function newestOf(
  { entry, architecture }: Question,
  names: readonly string[],
  pattern: RegExp,
  where: string,
): { readonly name: string; readonly build: string } {
  const newest = newestMatch(names, pattern)
  if (newest !== undefined) return newest
  throw indexFault(`${where} has no image of ${entry.name} for ${architecture}`)
}
