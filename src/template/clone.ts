import { randomBytes } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Hello } from '../channel/hello.ts'
import type { MountRequest } from '../channel/mount-request.ts'
import { EnvironmentError, type FledgeError } from '../errors.ts'
import { OwnedMachine } from '../owner/owned-machine.ts'
import type { QemuCapabilities } from '../qemu/capabilities.ts'
import { chassisArguments, type ShareExport } from '../qemu/chassis.ts'
import { frozenMac } from '../qemu/mac-addresses.ts'
import { emptyQcow2 } from '../qemu/qcow2.ts'
import { cacheFault } from '../util/cache-fault.ts'
import { reached } from '../util/moment.ts'
import { withDeadline } from '../util/with-deadline.ts'
import { writeWhole } from '../util/whole-io.ts'
import { emptyFolder } from './empty-folder.ts'
import { memoryFile } from './memory-file.ts'
import { namelessFile } from './nameless-file.ts'
import { PowerSource } from './power-source.ts'
import { findSideMemory, writeSideMemory } from './side-memory.ts'
import type { Template } from './template.ts'

/** What a clone has of its own. */
export interface CloneSpec {
  /** Its name, and its hostname. */
  readonly name: string
  readonly qemu: QemuCapabilities
  readonly network: 'none' | 'user'
  readonly shares: readonly ShareExport[]
  /** Mounted in this order before the first command. */
  readonly mounts: readonly MountRequest[]
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** A clone that has answered: it knows who it is and what time it is. */
export interface Clone {
  readonly machine: OwnedMachine
  readonly hello: Hello
  /** Of its first NIC. */
  readonly mac: string
  /** What it is started from again; whoever has it disposes of it. */
  readonly power: PowerSource
}

/**
 * Starts a machine from a template: with a disk overlay of its own, memory that is the template's until it
 * is written to, and, before anything else can run, its own randomness, name, address and time.
 *
 * @throws EnvironmentError `ERR_FLEDGE_CLONE` when what answers is not the frozen machine
 */
export async function clone(template: Template, spec: CloneSpec): Promise<Clone> {
  const { timeoutMs, signal } = spec
  const mac = freshMac()
  const { machine, power } = await restore(template, spec, mac).catch((error: unknown) => {
    throw (
      cacheFault(error, `Cannot clone "${spec.name}"`, 'A machine needs space for what it writes') ?? error
    )
  })
  reached(machine.name, 'started')
  const onTimeout = (): FledgeError => {
    const why = machine.standstill === undefined ? '' : `: ${machine.standstill}`
    return notAClone(machine, `it did not answer within ${timeoutMs} ms${why}`)
  }
  try {
    const hello = await withDeadline({ timeoutMs, signal, onTimeout }, (bounded) =>
      Promise.race([
        Promise.all([
          awaken(template, machine, { ...spec, mac }, bounded),
          resume(template, machine, bounded),
        ]).then(([hello]) => hello),
        machine.ended.then((cause) => Promise.reject(notAClone(machine, cause.message, cause))),
      ]),
    )
    return { machine, hello, mac, power }
  } catch (error) {
    await machine.kill()
    await power[Symbol.asyncDispose]()
    throw error
  }
}

/** Starts QEMU on the frozen state. */
async function restore(
  template: Template,
  spec: CloneSpec,
  mac: string,
): Promise<{ readonly machine: OwnedMachine; readonly power: PowerSource }> {
  const { manifest, folder } = template
  const { chassis, disk } = manifest
  const memory = await memoryFile(template, spec.qemu)
  const backends = {
    disk: [
      ...disk.map((layer) => ({ ...layer, path: join(folder, layer.path) })),
      { path: join(folder, 'disk.qcow2'), format: 'qcow2' },
    ],
    emptyFolder: await emptyFolder(),
    shares: spec.shares,
    network: spec.network,
  } as const
  const { direct, ...rest } = chassis
  const files = direct && { kernel: join(folder, direct.kernel), initrd: join(folder, direct.initrd) }
  const own = { ...rest, ...(direct && files ? { direct: { ...direct, ...files } } : {}) }
  const incoming = { ...backends, memoryFile: memory.path, incoming: true }
  const overlay = await namelessFile()
  try {
    await writeWhole(overlay.file, emptyQcow2(manifest.diskSize), 0)
    await using devices = await open(join(folder, 'devices'))
    const machine = new OwnedMachine({
      name: spec.name,
      path: spec.qemu.path,
      args: chassisArguments(spec.qemu, own, incoming),
      overlay: overlay.file.fd,
      diskFolder: overlay.folder,
      incoming: devices.fd,
      memory: memory.descriptor,
    })
    const { name, qemu, mounts } = spec
    const { accelerator } = chassis
    const power = new PowerSource({ name, qemu, chassis: own, backends, overlay, accelerator, mac, mounts })
    return { machine, power }
  } catch (error) {
    await overlay[Symbol.asyncDispose]()
    throw error
  }
}

/** Lets the guest run, and fills the memory that is no part of its RAM. */
async function resume(
  { folder, manifest }: Template,
  machine: OwnedMachine,
  signal: AbortSignal,
): Promise<void> {
  const { qmp, pid } = machine
  const start = async (): Promise<void> => {
    await qmp.connect({ signal })
    reached(machine.name, 'control')
    // While the state is being loaded, `cont` means: run as soon as that is done.
    await qmp.run('cont', undefined, { signal })
    reached(machine.name, 'running')
  }
  // Both at once, and both waited for: a file that has gone meanwhile must not end the process.
  const [bytes] = await Promise.all([readFile(join(folder, 'side-memory')), start()])
  await writeSideMemory(pid, await findSideMemory(qmp), manifest.sideMemory, bytes)
  reached(machine.name, 'filled')
}

/** All that makes a clone one of its own, in one write to the agent; its clock last, as that must be right at the end. */
async function awaken(
  { manifest }: Template,
  machine: OwnedMachine,
  { name, mounts, mac }: CloneSpec & Pick<Clone, 'mac'>,
  signal: AbortSignal,
): Promise<Hello> {
  const { channel, generation } = machine
  const first = channel.hello(generation, { signal })
  const rest = [
    channel.reseed(randomBytes(64)),
    channel.setHostname(name),
    channel.setAddress(frozenMac, mac),
    ...mounts.map((mount) => channel.mount(mount)),
  ]
  const [hello] = await Promise.all([
    first.then((hello) => {
      reached(name, 'answered')
      return checkNonce(machine, manifest.memoryNonce, hello)
    }),
    ...rest,
  ])
  reached(name, 'distinct')
  await channel.setClock(Date.now())
  reached(name, 'now')
  return hello
}

/** A machine that booted, however quickly, has another number in its agent's memory than the template. */
function checkNonce(machine: OwnedMachine, expected: string, hello: Hello): Hello {
  if (hello.memoryNonce === expected) return hello
  throw notAClone(machine, 'its agent is not the one that was frozen: the machine booted anew')
}

/** In QEMU's own range, as the frozen one, and unicast. */
function freshMac(): string {
  return `52:54:00:${[...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`
}

function notAClone(machine: OwnedMachine, why: string, cause?: FledgeError): EnvironmentError {
  return new EnvironmentError('ERR_FLEDGE_CLONE', `Cannot clone "${machine.name}": ${why}`, {
    machine: machine.name,
    consoleTail: machine.console.tail(),
    hint: [
      'Run "fledge cache verify"; if it finds nothing, run the machine again with FLEDGE_DEBUG=1',
      ...(cause?.hint === undefined ? [] : [cause.hint]),
    ].join('. '),
    ...(cause === undefined ? {} : { cause }),
  })
}
