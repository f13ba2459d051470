import * as v from 'valibot'

/** A launch of a sealed run: all that it depended on. */
export const launchRecord: v.GenericSchema<unknown, LaunchRecord> = v.object({
  file: v.optional(v.string()),
  image: v.string(),
  templateKey: v.string(),
  options: v.record(v.string(), v.unknown()),
  sources: v.array(v.object({ path: v.string(), digest: v.string() })),
})

export interface LaunchRecord {
  /** The test file that asked for it; absent when that is not known. */
  readonly file?: string | undefined
  /** As it was asked for. */
  readonly image: string
  /** Of what it was cloned from: it depends on the image, its devices, QEMU and the host. */
  readonly templateKey: string
  readonly options: Readonly<Record<string, unknown>>
  /** What of the host the machine was given, with digests as `treeDigest` makes them. */
  readonly sources: readonly { readonly path: string; readonly digest: string }[]
}
