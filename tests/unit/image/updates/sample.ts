import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import type {
  Architecture,
  CatalogBuild,
  CatalogEntry,
  UpdateSource,
} from '../../../../src/image/catalog/catalog-entry.ts'

/** A file in the format of a distribution's index. */
export function sample(name: string): string {
  return readFileSync(join(import.meta.dirname, 'indexes', name), 'utf8')
}

/** The digest that the samples have of an image. */
export function digest(of: string, algorithm: 'sha256' | 'sha512' = 'sha256'): string {
  return createHash(algorithm).update(of).digest('hex')
}

/** An entry of a catalog. */
export function sampleEntry(
  name: string,
  updates: UpdateSource,
  more: Partial<Omit<CatalogEntry, 'name' | 'updates'>> = {},
): CatalogEntry {
  return {
    name,
    title: name,
    aliases: [],
    status: 'supported',
    defaultUser: 'user',
    firmware: ['bios', 'uefi'],
    traits: { init: 'systemd', cpu: 'x86-64-v1', noisyUnits: [], channel: 'agent' },
    builds: {},
    updates,
    ...more,
  }
}

/** The older build that an entry has. */
export function olderBuild(
  build: string,
  more: Partial<CatalogBuild> = {},
  architecture: Architecture = 'x86_64',
): CatalogEntry['builds'] {
  const older = {
    url: `https://old.example.org/${build}.qcow2`,
    mirrors: [],
    build,
    format: 'qcow2',
  } as const
  return { [architecture]: { ...older, sha256: digest(build), ...more } }
}

/** What is asked of a parser. */
export function question(
  entry: CatalogEntry,
  architecture: Architecture = 'x86_64',
): { entry: CatalogEntry; architecture: Architecture; web: never } {
  return { entry, architecture, web: undefined as never }
}
