import * as v from 'valibot'

/** What the machines of a sealed run may be given, as it goes to the process that holds them. */
export const sealedPolicy: v.GenericSchema<unknown, SealedPolicy> = v.object({
  projectFolder: v.string(),
  readable: v.array(v.string()),
  writable: v.array(v.string()),
})

/** What the machines of a sealed run may be given. */
export interface SealedPolicy {
  /** What is in this folder may be given to machines, and counts as an input then. */
  readonly projectFolder: string
  /** Other files and folders that may be given to machines. */
  readonly readable: readonly string[]
  /** Folders that machines may write to. */
  readonly writable: readonly string[]
}
