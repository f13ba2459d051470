import { relative } from 'node:path'

import { digestSource } from './digest-source.ts'
import type { KnownInputs } from './known-inputs.ts'
import { filesNeeded } from './project-needs.ts'
import { digestOf, type Part, type PartKind, variablePart } from './part.ts'

/** What all test files of a run depend on besides their inputs. */
export interface CommonParts {
  /** Options and tools. */
  readonly parts: readonly Part[]
  /** What verdicts are signed with. */
  readonly key?: string | undefined
}

/** The parts of the verdict of each test file, by its path from the project's folder. Every file is read now, once. */
export async function partsOfFiles(
  inputs: KnownInputs,
  { parts: given, key }: CommonParts,
): Promise<ReadonlyMap<string, readonly Part[]>> {
  const { home, configFiles, shared, declared, environment } = inputs
  const digests = new Map<string, Promise<string>>()
  const digest = (path: string): Promise<string> => {
    const known = digests.get(path) ?? digestSource(path)
    digests.set(path, known)
    return known
  }
  const partsOf = (kind: PartKind, paths: readonly string[]): Promise<readonly Part[]> =>
    Promise.all(
      [...new Set(paths)].map(async (path) => ({
        kind,
        name: relative(home, path) || '.',
        digest: await digest(path),
      })),
    )
  const common = [
    ...given,
    ...(await partsOf('configuration', configFiles)),
    ...(await partsOf('shared', shared)),
    ...(await partsOf('declared', declared)),
    ...Object.entries(environment).map(([name, value]) => variablePart(name, value, key)),
  ]
  const needed = filesNeeded(inputs)
  const files = [...inputs.tests].map(async ([file, tests]) => {
    const name = relative(home, file)
    const ids = tests.map(({ project, id }) => JSON.stringify([project, id])).toSorted()
    const asked: Part = { kind: 'tests', name, digest: digestOf(ids.join('\n')), shown: `${tests.length}` }
    const before = tests.flatMap(({ project }) => [...(needed.get(project) ?? [])])
    const read = [file, ...before].flatMap((each) => [each, ...(inputs.files.get(each) ?? [])])
    const own = await partsOf('input', read)
    return [name, [...common, ...own, asked]] as const
  })
  return new Map(await Promise.all(files))
}
