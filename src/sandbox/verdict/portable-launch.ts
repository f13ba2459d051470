import { relative } from 'node:path'

import type { RememberedLaunch } from './verdict-entry.ts'

/** Stands for the folder of the project, wherever that is. */
const marker = '<project>'

/** A launch with the folder of the project taken out of all its paths. */
export function portable(launch: RememberedLaunch, home: string): RememberedLaunch {
  return {
    ...(mapTexts(launch, (text) =>
      text === home || text.startsWith(`${home}/`) ? `${marker}${text.slice(home.length)}` : text,
    ) as RememberedLaunch),
    // What is beside the project may be so elsewhere too.
    sources: launch.sources.map(({ path, digest }) => ({ path: relative(home, path), digest })),
  }
}

/** The same launch in a project of another folder; its sources stay as they are remembered. */
export function at(home: string, launch: RememberedLaunch): RememberedLaunch {
  return mapTexts(launch, (text) =>
    text === marker || text.startsWith(`${marker}/`) ? `${home}${text.slice(marker.length)}` : text,
  ) as RememberedLaunch
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((each) => mapTexts(each, change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, mapTexts(each, change)]))
}
