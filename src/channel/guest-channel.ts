import type { FledgeError } from '../errors.ts'
import type { Call } from './call.ts'
import type { ExecRequest } from './exec-request.ts'
import type { GuestStat } from './guest-stat.ts'
import type { MountRequest } from './mount-request.ts'
import type { ProbeRequest, ProbeResult } from './probe.ts'

/** What verbs ask of a guest, whichever way that goes. */
export interface GuestChannel {
  /** Whether the guest has answered, and has not gone since. */
  readonly inSession: boolean
  /** Whether it leads through the first network card of the machine. */
  readonly needsNetwork: boolean
  /**
   * Starts a command; resolves when its program has been executed. An abort kills all that it started.
   *
   * @throws GuestError `ERR_FLEDGE_COMMAND_START` for a program, user or folder that is not there
   */
  exec(request: ExecRequest, options?: { readonly signal?: AbortSignal }): Promise<Call>
  /** Whether something listens in the guest. */
  probe(probe: ProbeRequest, options?: { readonly signal?: AbortSignal }): Promise<ProbeResult>
  /** Sets the wall clock. */
  setClock(time: Date | number): Promise<void>
  /** What a path in the guest is, or `undefined` when it is not there. */
  stat(path: string): Promise<GuestStat | undefined>
  mount(mount: MountRequest): Promise<void>
  /** Leaves nothing of the channel's own under way, so that the guest can be frozen, or was reset. */
  rest(): Promise<void>
  /** The machine died or the way to it was closed: all that is pending fails at once with this error. */
  fail(error: FledgeError): void
}
