import { PayloadWriter } from './payload-writer.ts'

/** A `mount(2)` in the guest. */
export interface MountRequest {
  /** As `MS_*` of Linux. Default: 0. */
  readonly flags?: number
  readonly source: string
  /** Created when it is not there. */
  readonly target: string
  readonly type: string
  readonly data?: string
  /** Folders to create when the mount stands, in it or elsewhere. */
  readonly folders?: readonly string[]
}

/** The payload of a `MOUNT`. */
export function encodeMount(mount: MountRequest): Buffer {
  return new PayloadWriter()
    .u32(mount.flags ?? 0)
    .string(mount.source)
    .string(mount.target)
    .string(mount.type)
    .string(mount.data ?? '')
    .strings(mount.folders ?? [])
    .finish()
}
