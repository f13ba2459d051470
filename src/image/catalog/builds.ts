import * as v from 'valibot'

import { suggest } from '../../util/check-options.ts'
import type { CatalogBuild, CatalogEntry } from './catalog-entry.ts'

/** Builds by the name of their entry, then by architecture: what `builds.json` and `fledge.images.json` hold. */
export type Builds = Readonly<Record<string, CatalogEntry['builds']>>

/** Says of an object's key, or of what is no object, what is wrong with it. */
function complaint(keys: readonly string[]): (issue: v.StrictObjectIssue) => string {
  return ({ expected, received, path }) => {
    if (!path) return `must be an object, not ${received}`
    if (expected === 'never') return `is not known. ${suggest(String(path[0].key), keys)}`
    return 'is missing'
  }
}

function objectOf<T extends v.ObjectEntries>(
  entries: T,
): v.StrictObjectSchema<T, v.ErrorMessage<v.StrictObjectIssue>> {
  return v.strictObject(entries, complaint(Object.keys(entries)))
}

const text = v.pipe(v.string('must be a text'), v.nonEmpty('must not be empty'))

const address = v.pipe(
  text,
  v.check(
    (value) => URL.canParse(value) && /^https?:\/\/\S+$/.test(value),
    'must be an address that begins with https:// or http://',
  ),
)

function hex(digits: number): v.GenericSchema<unknown, string> {
  return v.pipe(
    v.string('must be a text'),
    v.toLowerCase(),
    v.regex(/^[0-9a-f]+$/, 'must be in hex'),
    v.length(digits, ({ received }) => `must have ${digits} digits, not ${received}`),
  )
}

function oneOf<const T extends readonly string[]>(words: T): v.PicklistSchema<T, string> {
  return v.picklist(words, `must be ${words.map((word) => `"${word}"`).join(' or ')}`)
}

const fields = {
  url: address,
  mirrors: v.optional(v.array(address, 'must be an array of addresses'), []),
  build: text,
  format: v.optional(oneOf(['qcow2', 'raw']), 'qcow2'),
  compression: v.exactOptional(oneOf(['gz', 'xz', 'zst'])),
  sha256: v.exactOptional(hex(64)),
  sha512: v.exactOptional(hex(128)),
  noDigest: v.exactOptional(oneOf(['unpublished', 'rolling', 'unrecorded'])),
  bytes: v.exactOptional(
    v.pipe(v.number('must be a number'), v.safeInteger('must be whole'), v.minValue(1, 'must be above 0')),
  ),
}

function hasDigest({ sha256, sha512 }: Pick<CatalogBuild, 'sha256' | 'sha512'>): boolean {
  return sha256 !== undefined || sha512 !== undefined
}

const build: v.GenericSchema<unknown, CatalogBuild> = v.pipe(
  objectOf(fields),
  v.check(
    (given) => hasDigest(given) !== (given.noDigest !== undefined),
    'must have "sha256" or "sha512", or else "noDigest", which says why not',
  ),
  // Nobody on the way may choose what is started.
  v.check(
    (given) => hasDigest(given) || [given.url, ...given.mirrors].every((each) => each.startsWith('https:')),
    'must have https:// addresses only, as it has no digest',
  ),
)

/** Valibot takes an array for an object. */
const noArray = v.pipe(
  v.unknown(),
  v.check((given) => !Array.isArray(given), 'must be an object, not an array'),
)

/** What {@link Builds} have to be. */
export const buildsSchema: v.GenericSchema<unknown, Builds> = v.pipe(
  noArray,
  v.record(
    v.string(),
    v.pipe(noArray, objectOf({ x86_64: v.exactOptional(build), aarch64: v.exactOptional(build) })),
    ({ received }) => `must be an object, not ${received}`,
  ),
)

/** Builds as they are written to a file, with the schema that it names: always in one order. */
export function formatBuilds(builds: Builds, schema?: string): string {
  const order = Object.keys(fields)
  const inOrder = (given: CatalogBuild): object =>
    Object.fromEntries(
      Object.entries(given).toSorted(([one], [other]) => order.indexOf(one) - order.indexOf(other)),
    )
  const sorted = byName(builds).map(([name, architectures]) => [
    name,
    Object.fromEntries(byName(architectures).map(([architecture, given]) => [architecture, inOrder(given)])),
  ])
  const content = { ...(schema === undefined ? {} : { $schema: schema }), ...Object.fromEntries(sorted) }
  return `${JSON.stringify(content, null, 2)}\n`
}

function byName<T>(record: Readonly<Record<string, T>>): readonly (readonly [string, T])[] {
  return Object.entries(record).toSorted(([one], [other]) => (one < other ? -1 : 1))
}
