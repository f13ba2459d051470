import type { KnownInputs } from './known-inputs.ts'

/** The test files that run whenever one of each project does, by the name of the project: those of the projects that it depends on. */
export function filesNeeded({
  projects,
  tests,
}: Pick<KnownInputs, 'projects' | 'tests'>): ReadonlyMap<string, ReadonlySet<string>> {
  const filesOf = new Map<string, string[]>()
  for (const [file, some] of tests) {
    for (const project of new Set(some.map((test) => test.project))) {
      filesOf.set(project, [...(filesOf.get(project) ?? []), file])
    }
  }
  const needed = projects.map(({ name }) => {
    const below = new Set<string>()
    const add = (of: string): void => {
      for (const project of projects.filter((each) => each.name === of)) {
        // What a project depends on has a tear-down of its own, which runs too.
        for (const each of [
          ...project.dependencies,
          ...(project.teardown === undefined ? [] : [project.teardown]),
        ]) {
          if (below.has(each)) continue
          below.add(each)
          add(each)
        }
      }
    }
    add(name)
    return [name, new Set([...below].flatMap((each) => filesOf.get(each) ?? []))] as const
  })
  return new Map(needed)
}

/** The test files that have to run when some have to: those, and the ones of all projects that theirs depend on. */
export function withNeeded(
  files: Iterable<string>,
  inputs: Pick<KnownInputs, 'projects' | 'tests'>,
): ReadonlySet<string> {
  const needed = filesNeeded(inputs)
  const all = new Set(files)
  // Files are added while this goes on, and are looked at as well.
  for (const file of all) {
    for (const { project } of inputs.tests.get(file) ?? [])
      needed.get(project)?.forEach((each) => all.add(each))
  }
  return all
}
