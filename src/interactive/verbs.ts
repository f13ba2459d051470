import { existsSync, readFileSync } from 'node:fs'

/** What is told of a verb, of another part of a machine, or of a function of a prompt. */
export interface Verb {
  /** As `succeed` or `clock.read`. */
  readonly name: string
  /** As `succeed(command: CommandLine)`; what is no function has none. */
  readonly signature?: string
  /** One sentence. */
  readonly summary: string
}

let table: ReadonlyMap<string, Verb> | undefined

/** All verbs by their names: what the build has read out of the sources, as the catalog of images. */
export function verbs(): ReadonlyMap<string, Verb> {
  if (table) return table
  const [installed, built] = ['../verbs.json', '../../dist/verbs.json'].map(
    (place) => new URL(place, import.meta.url),
  ) as [URL, URL]
  const text = readFileSync(existsSync(installed) ? installed : built, 'utf8')
  table = new Map((JSON.parse(text) as readonly Verb[]).map((verb) => [verb.name, verb]))
  return table
}
