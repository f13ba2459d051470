import { errnoName } from './errno-names.ts'
import { PayloadWriter } from './payload-writer.ts'
import { probeKind } from './protocol.ts'
import { refusal, type Outcome } from './refusal.ts'

/** What to knock at in the guest. */
export interface ProbeRequest {
  readonly kind: keyof typeof probeKind
  /** An IPv4 or IPv6 literal or `localhost`; for sockets of files, the path. */
  readonly address: string
  /** Of `tcp`. */
  readonly port?: number
  /** How long a connection may take. Default: 1000. */
  readonly timeoutMs?: number
}

/** Whether something listens; the name of the errno when not, as in `ECONNREFUSED`. */
export interface ProbeResult {
  readonly open: boolean
  readonly reason?: string
}

const misuse = new Set(['EINVAL', 'ENOSYS', 'ENAMETOOLONG', 'EMFILE', 'ENFILE', 'ENOMEM'])

/** The payload of a `PROBE`. */
export function encodeProbe(probe: ProbeRequest): Buffer {
  const timeoutMs = Math.min(Math.max(Math.ceil(probe.timeoutMs ?? 1000), 1), 0xffff_ffff)
  return new PayloadWriter()
    .u8(probeKind[probe.kind])
    .u16(probe.port ?? 0)
    .u32(timeoutMs)
    .string(probe.address)
    .finish()
}

/** What the answer to a probe means. */
export function probeResult(probe: ProbeRequest, outcome: Outcome): ProbeResult {
  if (outcome.errno === 0) return { open: true }
  const reason = errnoName(outcome.errno)
  if (misuse.has(reason)) throw refusal('ERR_FLEDGE_GUEST_REQUEST', `probe "${probe.address}"`, outcome)
  return { open: false, reason }
}
