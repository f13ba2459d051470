import type { SshLogin } from '../image/image.ts'
import type { OwnedMachine } from '../owner/owned-machine.ts'
import type { Accelerator } from '../qemu/accelerator.ts'
import { firstHello, letRun } from './power-on.ts'

/** How a guest is asked: by its agent, or over SSH. */
export type WayIn = 'agent' | SshLogin

/** What is known of a guest that has answered for the first time. */
export interface FirstAnswer {
  /** A UUID that no other machine has. */
  readonly identity: string
  /** What stands only in the memory of this boot. */
  readonly memoryNonce: string
}

/** Lets a guest run, and waits until it answers. */
export async function meet(
  machine: OwnedMachine,
  way: WayIn,
  bounds: { readonly accelerator: Accelerator; readonly signal: AbortSignal },
): Promise<FirstAnswer> {
  if (way === 'agent') return firstHello(machine, bounds.signal)
  await letRun(machine, bounds.signal)
  // Loaded for those who use it.
  const { meetOverSsh } = await import('./reach-over-ssh.ts')
  return meetOverSsh(machine, way, bounds)
}
