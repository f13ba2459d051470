import type { PlaywrightTestConfig, PlaywrightTestProject } from '@playwright/test'

import type { CommandOptions, MachineOptions } from './machine-options.ts'

type Use = Partial<MachineOptions & CommandOptions>

/**
 * The projects of a configuration, each on each of some images; these win over what projects and test files choose.
 *
 * The projects of a matrix are one another's copies but for the image, so they count as one. A project that others
 * depend on, or are torn down by, stays as it is: they know it by its name.
 */
export function multiplyProjects(
  { projects = [{}] }: Pick<PlaywrightTestConfig, 'projects'>,
  images: readonly string[],
): PlaywrightTestProject[] {
  const needed = new Set(projects.flatMap(({ dependencies = [], teardown }) => [...dependencies, teardown]))
  const seen = new Set<string>()
  return projects.flatMap((project) => {
    if (project.name !== undefined && needed.has(project.name)) return [project]
    const base = withoutImage(project)
    const kind = JSON.stringify(base, (_, value: unknown) =>
      value instanceof RegExp ? String(value) : value,
    )
    if (seen.has(kind)) return []
    seen.add(kind)
    return images.map((image) => onImage(base, image))
  })
}

/** A project on an image that nothing overrides. */
export function onImage(project: PlaywrightTestProject, image: string): PlaywrightTestProject {
  const use: Use = { ...project.use, image, imageFromCommand: image }
  return { ...project, name: project.name ? `${project.name} on ${image}` : image, use: use as object }
}

function withoutImage(project: PlaywrightTestProject): PlaywrightTestProject {
  const { image, ...use } = { ...project.use } as Use
  const { name, ...rest } = project
  return { ...rest, ...(name === undefined || name === image ? {} : { name }), use: use as object }
}
