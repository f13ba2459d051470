import { resolve } from 'node:path'

import { normalizeLaunchOptions, type LaunchOptions } from '../../machine/launch-options.ts'
import { templateSpec } from '../../machine/template-for.ts'
import { templateKey } from '../../template/template-key.ts'
import { at } from './portable-launch.ts'
import { digestSource } from './digest-source.ts'
import type { LaunchNow } from './recall-verdicts.ts'

/** Finds how machines would be made now, each kind once, and what of the host they would be given, each path once. */
export function launchNow(home: string): LaunchNow {
  const keys = new Map<string, Promise<string | undefined>>()
  const digests = new Map<string, Promise<string>>()
  return async (remembered) => {
    const { image, options, sources } = at(home, remembered)
    const key = await once(keys, JSON.stringify([image, options]), () => keyNow(image, options))
    if (key === undefined) return undefined
    const now = sources.map(async ({ path }) => ({
      path,
      digest: await once(digests, path, () => digestSource(resolve(home, path))),
    }))
    return { templateKey: key, sources: await Promise.all(now) }
  }
}

/** The key of a machine's template; none where its image or a disk is gone, which its tests say better than we. */
async function keyNow(image: string, options: LaunchOptions): Promise<string | undefined> {
  try {
    return templateKey(await templateSpec(image, normalizeLaunchOptions(options)))
  } catch {
    return undefined
  }
}

function once<T>(known: Map<string, Promise<T>>, name: string, find: () => Promise<T>): Promise<T> {
  const found = known.get(name) ?? find()
  known.set(name, found)
  return found
}
