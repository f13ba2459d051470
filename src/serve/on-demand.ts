import type { Machine } from '../machine/machine.ts'

// Who launches a machine needs none of this: it is loaded when it is used.

/**
 * Lets other processes of this user ask a machine of this one, by its name, until what this gives is disposed of: by `fledge shell NAME`,
 * `fledge ps` and `attach`.
 *
 * @throws MisuseError `ERR_FLEDGE_OPTION` for what is no machine; EnvironmentError `ERR_FLEDGE_OWNER` where there is no private place for a socket
 *
 * @example
 * await using _ = await serveMachine(vm)
 * console.log(`fledge shell ${vm.name}`)
 */
export async function serveMachine(machine: Machine): Promise<AsyncDisposable> {
  return (await import('./serve-machine.ts')).serveMachine(machine)
}
