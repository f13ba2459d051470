import { createHash } from 'node:crypto'

import type { ImageSpec } from './image.ts'

/** Raised when an image of before can no longer be used. */
export const imageSchema = 2

/**
 * Where an image is looked up: what was asked for and the recipe, so that an image in the cache is found
 * without asking the mirror. What the mirror had at the time is in {@link contentKey}.
 */
export function lookupKey(spec: ImageSpec, recipe: string): string {
  return digest({
    schema: imageSchema,
    suite: spec.suite,
    include: spec.include,
    mirror: spec.mirror ?? '',
    recipe,
  })
}

/** What an image is: the same for the same packages, wherever they came from and whenever. */
export function contentKey(spec: ImageSpec, recipe: string, packages: readonly string[]): string {
  return digest({ suite: spec.suite, include: spec.include, recipe, packages })
}

/** What a prepared image is. */
export function preparedKey(imageKey: string, agentDigest: string): string {
  return digest({ schema: imageSchema, imageKey, agentDigest })
}

/** The name of a folder in the cache, to be read by people and unique by its key. */
export function folderName(name: string, key: string): string {
  const slug = name.replaceAll(/[^A-Za-z0-9.-]+/g, '-').slice(0, 60)
  return `${slug}-${key.slice(0, 12)}`
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}
