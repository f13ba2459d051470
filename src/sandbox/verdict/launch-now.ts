import { resolve } from 'node:path'

import type { LaunchOptions } from '../../machine/launch-options.ts'
import { templateKeyOf } from '../../machine/template-for.ts'
import { qemuCapabilities } from '../../qemu/capabilities.ts'
import { digestSource } from './digest-source.ts'
import { at } from './portable-launch.ts'
import { presentAccelerator } from './present-accelerator.ts'
import type { LaunchNow } from './recall-verdicts.ts'

/** Finds how machines would be made now, each kind once, and what of the host they would be given, each path once. */
export function launchNow(home: string): LaunchNow {
  const keys = new Map<string, Promise<string | undefined>>()
  const digests = new Map<string, Promise<string>>()
  return async (remembered) => {
    const { image, options, sources } = at(home, remembered)
    const templateKey = await once(keys, JSON.stringify([image, options]), () =>
      // An image or a disk that is gone makes no machine; its tests say so better than we.
      keyNow(image, options).catch(() => undefined),
    )
    if (templateKey === undefined) return undefined
    const now = sources.map(async ({ path }) => ({
      path,
      digest: await once(digests, path, () => digestSource(resolve(home, path))),
    }))
    return { templateKey, sources: await Promise.all(now) }
  }
}

async function keyNow(image: string, options: LaunchOptions): Promise<string> {
  const accelerator = options.accelerator ?? (await presentAccelerator(await qemuCapabilities()))
  return templateKeyOf(image, { ...options, accelerator })
}

function once<T>(known: Map<string, Promise<T>>, name: string, find: () => Promise<T>): Promise<T> {
  const found = known.get(name) ?? find()
  known.set(name, found)
  return found
}
