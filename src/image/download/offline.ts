import { EnvironmentError } from '../../errors.ts'
import { algorithms, type Digests } from './digests.ts'

/** Whether the user wants nothing to be downloaded. */
export function isOffline(): boolean {
  return !['', '0'].includes(process.env['FLEDGE_OFFLINE'] ?? '')
}

/** What is missing, and how to bring it. */
export interface Missing {
  readonly name: string
  readonly url: string
  readonly pins: Digests
  readonly bytes?: number | undefined
  /** Where it is taken from when someone has put it there. */
  readonly part: string
  /** What is there already. */
  readonly present: number
}

/** The error for what would have to be downloaded, and may not be. */
export function offlineError({ name, url, pins, bytes, part, present }: Missing): EnvironmentError {
  const there = present === 0 ? '' : `; "${part}" has ${present} bytes of it, or of something else`
  const digest = algorithms.flatMap((each) => (pins[each] === undefined ? [] : [`${each} ${pins[each]}`]))
  const facts = [...(bytes === undefined ? [] : [`${bytes} bytes`]), ...digest].join(', ')
  return new EnvironmentError(
    'ERR_FLEDGE_OFFLINE',
    `Cannot download "${name}": FLEDGE_OFFLINE is set, and the cache does not have it${there}`,
    {
      hint:
        `Where there is a network, download ${url}${facts && ` (${facts})`}, and bring it here as "${part}"; ` +
        'or unset FLEDGE_OFFLINE',
    },
  )
}
