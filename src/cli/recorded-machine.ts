import { dirname, relative, resolve } from 'node:path'

import type { LaunchOptions, Share, Shares } from '../index.ts'
import type { MachineUse } from '../interactive/test-text.ts'
import { defined } from '../util/defined.ts'
import { findTestConfig } from './test-config-file.ts'

/** What a test in some file says of its machine, to have one as it was launched here. What is this host's choice is left out. */
export function recordedMachine(image: string, options: LaunchOptions, file: string): MachineUse {
  const { include, channel, shares, memoryMiB, cpus, diskGiB, network, firmware, cold } = options
  const packages = include?.packages ?? []
  const joint = image.includes('+') ? ',' : '+'
  const whole = packages.length === 0 ? image : `${image}${joint}${packages.join(',')}`
  const config = findTestConfig(dirname(file), process.cwd())
  const machine = defined({
    shares: shares && from(config === undefined ? process.cwd() : dirname(config), shares),
    memoryMiB,
    cpus,
    diskGiB,
    network,
    firmware,
    cold,
  })
  return {
    use: defined({ image: whole, ...machine, guestChannel: channel }),
    launch: defined({ ...machine, shares, channel }),
  }
}

/** Shares whose places on the host are told from a folder, as a test has them. */
function from(folder: string, shares: Shares): Shares {
  const near = (path: string): string => relative(folder, resolve(path)) || '.'
  const nearShare = ({ source, ...rest }: Share): string | Share =>
    Object.keys(rest).length === 0 ? near(source) : { source: near(source), ...rest }
  return Object.fromEntries(
    Object.entries(shares).map(([target, share]) => [
      target,
      nearShare(typeof share === 'string' ? { source: share } : share),
    ]),
  )
}
