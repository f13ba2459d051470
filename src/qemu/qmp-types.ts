/** One event of QEMU, as `STOP` or `GUEST_PANICKED`. */
export interface QmpEvent {
  readonly name: string
  readonly data: Readonly<Record<string, unknown>>
  /** When QEMU saw it, in milliseconds since 1970. */
  readonly atMs: number
}

/** `run-state` of QEMU that fledge looks at; there are more. */
interface QmpStatus {
  readonly running: boolean
  readonly status: string
}

interface SchemaEntity {
  readonly name: string
  readonly 'meta-type': string
  readonly values?: readonly string[]
  readonly members?: readonly { readonly name: string; readonly type: string }[]
}

/** A PCI device in `query-pci`. */
interface PciDevice {
  readonly class_info: { readonly class: number }
  readonly regions: readonly { readonly bar: number; readonly address: number; readonly size: number }[]
}

/** A virtual CPU in `query-cpus-fast`. */
interface VirtualCpu {
  readonly 'cpu-index': number
  readonly 'thread-id': number
}

/** A drive in `query-block`. */
interface BlockDevice {
  readonly device: string
  readonly qdev?: string
  readonly inserted?: { readonly 'node-name'?: string; readonly drv: string; readonly file: string }
}

/** Something that a person does to a keyboard or a pointer. */
export type QmpInputEvent =
  | {
      readonly type: 'key'
      readonly data: {
        readonly down: boolean
        readonly key: { readonly type: 'qcode'; readonly data: string }
      }
    }
  | { readonly type: 'btn'; readonly data: { readonly down: boolean; readonly button: QmpButton } }
  /** From 0 at the left or upper edge to 32767 at the other. */
  | { readonly type: 'abs'; readonly data: { readonly axis: 'x' | 'y'; readonly value: number } }

type QmpButton = 'left' | 'middle' | 'right'

/** A pointer that the guest can see. */
interface QmpMouse {
  readonly name: string
  readonly index: number
  readonly current: boolean
  readonly absolute: boolean
}

/** Commands of QEMU, with what they take and give. There are more: https://www.qemu.org/docs/master/interop/qemu-qmp-ref.html */
export interface QmpCommands {
  qmp_capabilities: { arguments: undefined; result: object }
  cont: { arguments: undefined; result: object }
  stop: { arguments: undefined; result: object }
  quit: { arguments: undefined; result: object }
  system_reset: { arguments: undefined; result: object }
  system_powerdown: { arguments: undefined; result: object }
  'inject-nmi': { arguments: undefined; result: object }
  set_link: { arguments: { name: string; up: boolean }; result: object }
  'query-block': { arguments: undefined; result: readonly BlockDevice[] }
  'query-cpus-fast': { arguments: undefined; result: readonly VirtualCpu[] }
  'query-kvm': { arguments: undefined; result: { enabled: boolean; present: boolean } }
  screendump: { arguments: { filename: string; format?: 'png' | 'ppm' }; result: object }
  'input-send-event': { arguments: { events: readonly QmpInputEvent[] }; result: object }
  'query-mice': { arguments: undefined; result: readonly QmpMouse[] }
  'query-status': { arguments: undefined; result: QmpStatus }
  'query-version': {
    arguments: undefined
    result: { qemu: { major: number; minor: number; micro?: number }; package?: string }
  }
  'query-machines': { arguments: undefined; result: readonly { name: string; alias?: string }[] }
  'query-qmp-schema': { arguments: undefined; result: readonly SchemaEntity[] }
  'query-commands': { arguments: undefined; result: readonly { name: string }[] }
  'query-pci': { arguments: undefined; result: readonly { devices: readonly PciDevice[] }[] }
  'qom-list': { arguments: { path: string }; result: readonly { name: string; type: string }[] }
  device_add: { arguments: { driver: string; id: string }; result: object }
  'qom-list-types': {
    arguments: { implements?: string; abstract?: boolean }
    result: readonly { name: string }[]
  }
  'human-monitor-command': { arguments: { 'command-line': string }; result: string }
  'xen-save-devices-state': { arguments: { filename: string; live?: boolean }; result: object }
}
