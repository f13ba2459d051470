import * as v from 'valibot'

/** What another process tells of a machine that it holds. */
export const machineDescription: v.GenericSchema<unknown, MachineDescription> = v.object({
  id: v.string(),
  run: v.number(),
  name: v.string(),
  image: v.string(),
  accelerator: v.picklist(['kvm', 'tcg']),
  identity: v.string(),
  mac: v.string(),
  pid: v.number(),
  sinceMs: v.number(),
  state: v.picklist(['running', 'paused', 'ended']),
  channel: v.picklist(['agent', 'ssh', 'none']),
  kept: v.boolean(),
  sharesToReturn: v.boolean(),
})

export interface MachineDescription {
  /** Known only to who launched it, and to those who may ask for all. */
  readonly id: string
  /** How often it has been started. */
  readonly run: number
  readonly name: string
  readonly image: string
  readonly accelerator: 'kvm' | 'tcg'
  readonly identity: string
  readonly mac: string
  /** Of its QEMU. */
  readonly pid: number
  /** When it was launched, in milliseconds since 1970. */
  readonly sinceMs: number
  readonly state: 'running' | 'paused' | 'ended'
  /** How it is asked. */
  readonly channel: 'agent' | 'ssh' | 'none'
  /** Whether it outlives who launched it. */
  readonly kept: boolean
  readonly sharesToReturn: boolean
}
