import type { CatalogBuild } from '../catalog-entry.ts'

/**
 * Where a newer build is elsewhere, by where an older one was: a mirror has the same tree under another root. What it has there
 * is checked by its digest as everything is.
 */
export function carryMirrors(url: string, older: CatalogBuild | undefined): readonly string[] {
  if (older === undefined) return []
  const mirrors = older.mirrors.flatMap((mirror) => {
    const shared = sharedEnd(older.url.split('/'), mirror.split('/'))
    const [root, mirrorRoot] = [older.url, mirror].map((each) => each.slice(0, each.length - shared.length))
    if (shared === '' || root === undefined || !url.startsWith(root)) return []
    return [`${mirrorRoot}${url.slice(root.length)}`]
  })
  return [...new Set(mirrors)].filter((mirror) => mirror !== url)
}

/** The parts of a path that two addresses end in. */
function sharedEnd(one: readonly string[], other: readonly string[]): string {
  let count = 0
  while (count < one.length && one.at(-1 - count) === other.at(-1 - count)) count++
  return count === 0 ? '' : one.slice(-count).join('/')
}
