import type { Finding } from './finding.ts'

// Who launches a machine needs none of this: it is loaded when it is used.

/**
 * Looks at all that fledge needs of this host.
 *
 * @example
 * const missing = (await examineHost()).filter(({ state }) => state === 'missing')
 */
export async function examineHost(): Promise<readonly Finding[]> {
  return (await import('./examine-host.ts')).examineHost()
}

/**
 * Installs the packages that mend what was found, by apt-get, as root or through sudo. What apt says goes to standard
 * error; sudo may ask for a password.
 *
 * @throws EnvironmentError `ERR_FLEDGE_TOOL_MISSING` when it cannot be done or fails; FledgeError `ERR_FLEDGE_ABORTED`
 */
export async function mendHost(
  findings: readonly Finding[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  await (await import('./mend-host.ts')).mendHost(findings, options)
}
