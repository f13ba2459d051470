/**
 * Compares names of builds as people read them: field by field, as numbers. `Build18.7` is before `Build18.68`, and
 * `10.2-20260526.0` before `10.2-20260817.0`.
 */
export function compareBuilds(one: string, other: string): number {
  const [fields, others] = [fieldsOf(one), fieldsOf(other)]
  for (const [index, field] of fields.entries()) {
    const difference = field - (others[index] ?? -1)
    if (difference !== 0) return difference
  }
  return fields.length - others.length
}

/** The name with the newest build, by a pattern whose first group is the build. */
export function newestMatch(
  names: readonly string[],
  pattern: RegExp,
): { readonly name: string; readonly build: string } | undefined {
  return names
    .flatMap((name) => {
      const build = pattern.exec(name)?.[1]
      return build === undefined ? [] : [{ name, build }]
    })
    .toSorted((a, b) => compareBuilds(b.build, a.build))[0]
}

function fieldsOf(build: string): number[] {
  return (build.match(/\d+/g) ?? []).map(Number)
}
