import type { LaunchOptions, Shares } from '../index.ts'
import type { MachineUse } from '../interactive/test-text.ts'
import { defined } from '../util/defined.ts'

/** What a test says of its machine, to have one as the machine of this test. */
export function recordedUse(image: string, hardware: LaunchOptions, shares: Shares): MachineUse {
  const { channel, network, ...rest } = hardware
  const use = defined({
    image,
    shares: Object.keys(shares).length > 0 ? shares : undefined,
    ...rest,
    network: network === 'user' ? undefined : network,
    guestChannel: channel,
  })
  return { use, launch: {} }
}
