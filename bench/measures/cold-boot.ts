import { measureBoot } from 'fledge'

import type { Figures } from '../figures.ts'
import type { Subject } from '../subject.ts'

/** Boots the image to idle once. */
export async function coldBoot({ image, signal }: Subject): Promise<Pick<Figures, 'coldBoot'>> {
  const { agent, idle } = await measureBoot(image, { signal })
  return { coldBoot: { agentMs: agent, idleMs: idle } }
}
