import { EnvironmentError, type ErrorCode, FledgeError, MisuseError } from '../errors.ts'
import { cacheFault } from '../util/cache-fault.ts'
import { ToolError } from '../util/run-tool.ts'

/** One way in which a build fails, by what its programs print. */
interface Failure {
  readonly pattern: RegExp
  readonly code: ErrorCode
  readonly problem: (match: RegExpMatchArray) => string
  readonly hint: string
  /** Whether the caller's options are at fault, and not the host. */
  readonly misuse?: boolean
}

/** The first that matches tells: a mirror that cannot be verified often "fails to fetch" as well. */
const failures: readonly Failure[] = [
  {
    pattern: /Release file for (\S+) is (expired|not valid yet)/,
    code: 'ERR_FLEDGE_MIRROR',
    problem: (match) => `the package list "${match[1]}" is ${match[2]}`,
    hint:
      'Check the clock of this host. If the mirror lags behind, name another in FLEDGE_MIRROR; a mirror that is ' +
      `a snapshot is accepted when the host's own apt does (Acquire::Check-Valid-Until "false")`,
  },
  {
    pattern:
      /NO_PUBKEY|BADSIG|EXPKEYSIG|REVKEYSIG|Missing key|is not signed|signature(s)? (were|was) invalid|couldn't be verified|does not meet (its|the) policy/i,
    code: 'ERR_FLEDGE_MIRROR',
    problem: () => 'the signature of the package lists does not verify',
    hint: 'Upgrade the package "debian-archive-keyring" on this host, or name another mirror in FLEDGE_MIRROR',
  },
  {
    pattern:
      /(?:Unable to locate package|Couldn't find any package by (?:glob|regex)|Package '?([a-z0-9+.-]+)'? has no installation candidate) ?'?([a-z0-9+.-]*)/,
    code: 'ERR_FLEDGE_IMAGE_BUILD',
    problem: (match) => `the mirror has no package "${match[1] ?? match[2]}" for this release`,
    hint: 'Check the names of the packages to include; only the section "main" is searched',
    misuse: true,
  },
  {
    pattern: /does not have a Release file|\b404 +Not Found/,
    code: 'ERR_FLEDGE_MIRROR',
    problem: () => 'the mirror does not have this release, or changed while it was read',
    hint: 'Try again, or name a mirror that has it in FLEDGE_MIRROR',
  },
  {
    pattern:
      /Could not resolve|Temporary failure resolving|Could not connect|Connection (?:refused|timed out|failed)|Unable to connect|Network is unreachable|Could not handshake|Certificate verification failed|Failed to fetch|Some index files failed to download/,
    code: 'ERR_FLEDGE_MIRROR',
    problem: () => 'the mirror cannot be reached',
    hint: 'Check the network ("sudo apt-get update" has to work), or name another mirror in FLEDGE_MIRROR',
  },
  {
    pattern:
      /newuidmap|newgidmap|subuid|subgid|unshare failed|unshare: (?!mmdebstrap)|uid_map|user namespace/,
    code: 'ERR_FLEDGE_IMAGE_BUILD',
    problem: () => 'this host does not let a plain user make user namespaces',
    hint:
      'Install the package "uidmap", see that /etc/subuid and /etc/subgid have a line for you ("sudo usermod ' +
      '--add-subuids 100000-165535 --add-subgids 100000-165535 $USER"), and on Ubuntu allow namespaces ("sudo sysctl ' +
      'kernel.apparmor_restrict_unprivileged_userns=0"); or build the image as root',
  },
]

/** Makes an error that says what to do, of whatever stopped a build. */
export function explainBuildError(error: unknown, image: string, signal?: AbortSignal): FledgeError {
  const cannot = `Cannot build "${image}"`
  if (signal?.aborted) return new FledgeError('ERR_FLEDGE_ABORTED', `${cannot}: aborted`, { cause: error })
  if (error instanceof FledgeError) return error
  const fault = cacheFault(error, cannot, 'A build needs about 2 GB')
  if (fault) return fault
  const said = error instanceof ToolError ? error.stderr : String(error)
  for (const { pattern, code, problem, hint, misuse = false } of failures) {
    const match = said.match(pattern)
    if (!match) continue
    const Kind = misuse ? MisuseError : EnvironmentError
    return new Kind(code, `${cannot}: ${problem(match)}${evidence(said, match)}`, { cause: error, hint })
  }
  const message = error instanceof Error ? error.message : String(error)
  return new EnvironmentError('ERR_FLEDGE_IMAGE_BUILD', `${cannot}: ${message}`, { cause: error })
}

/** The line that told. */
function evidence(said: string, match: RegExpMatchArray): string {
  const start = said.lastIndexOf('\n', match.index) + 1
  const end = said.indexOf('\n', match.index)
  const line = said.slice(start, end < 0 ? undefined : end).trim()
  return line === '' ? '' : `\n${line}`
}
