import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { EnvironmentError, type FledgeError } from '../errors.ts'
import type { SshLogin } from '../image/image.ts'
import { OwnedMachine } from '../owner/owned-machine.ts'
import { chassisArguments, inFolder } from '../qemu/chassis.ts'
import { frozenMac } from '../qemu/mac-addresses.ts'
import { cacheFault } from '../util/cache-fault.ts'
import { reached } from '../util/moment.ts'
import { withDeadline } from '../util/with-deadline.ts'
import { freshMac, makeDistinct, type OwnSpec, type StartedMachine } from './distinct.ts'
import { emptyFolder } from './empty-folder.ts'
import { extraDiskFile } from './extra-disks.ts'
import { memoryFile } from './memory-file.ts'
import type { FirstAnswer, WayIn } from './meet.ts'
import { ownFiles } from './own-files.ts'
import { bootFiles } from './power-on.ts'
import { PowerSource, type PowerSourceSpec } from './power-source.ts'
import { findSideMemory, writeSideMemory } from './side-memory.ts'
import type { Template } from './template.ts'

/**
 * Starts a machine from a template: with a disk overlay of its own, memory that is the template's until it
 * is written to, and, before anything else can run, its own randomness, name, address and time. A guest that is asked over SSH runs
 * before it has these, and keeps its address, in a network of its own.
 *
 * @throws EnvironmentError `ERR_FLEDGE_CLONE` when what answers is not the frozen machine
 */
export async function clone(
  template: Template,
  spec: OwnSpec,
  way: WayIn = 'agent',
): Promise<StartedMachine> {
  const { timeoutMs, signal } = spec
  const mac = way === 'agent' ? freshMac() : frozenMac
  const { machine, power } = await restore(template, spec, { mac, channel: way }).catch((error: unknown) => {
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
    const { identity } = await withDeadline({ timeoutMs, signal, onTimeout }, (bounded) =>
      Promise.race([
        way === 'agent'
          ? Promise.all([
              awaken(template, machine, { ...spec, mac }, bounded),
              resume(template, machine, bounded),
            ]).then(([answer]) => answer)
          : resume(template, machine, bounded).then(() =>
              awakenOverSsh(template, machine, { ...spec, way }, bounded),
            ),
        machine.ended.then((cause) => Promise.reject(notAClone(machine, cause.message, cause))),
      ]),
    )
    return { machine, identity, mac, mounts9p: template.manifest.mounts9p, power }
  } catch (error) {
    await machine.kill()
    await power[Symbol.asyncDispose]()
    throw error
  }
}

/** Starts QEMU on the frozen state. */
async function restore(
  template: Template,
  spec: OwnSpec,
  asked: Pick<PowerSourceSpec, 'channel' | 'mac'>,
): Promise<{ readonly machine: OwnedMachine; readonly power: PowerSource }> {
  const { manifest, folder } = template
  const { chassis, disk } = manifest
  const memory = await memoryFile(template, spec.qemu)
  const backends = {
    disk: [
      ...disk.map((layer) => ({ ...layer, path: join(folder, layer.path) })),
      { path: join(folder, 'disk.qcow2'), format: 'qcow2' },
    ],
    extraDisks: (spec.disks ?? []).map((given) => [
      ...given.layers,
      { path: join(folder, extraDiskFile(given)), format: 'qcow2' as const },
    ]),
    ...(spec.cdrom ? { cdrom: spec.cdrom.path } : {}),
    ...(spec.display ? { display: spec.display } : {}),
    emptyFolder: await emptyFolder(),
    shares: spec.shares,
    network: spec.network,
  } as const
  const { direct, ...rest } = chassis
  const own = { ...rest, ...(direct ? { direct: inFolder(direct, (path) => join(folder, path)) } : {}) }
  const incoming = { ...backends, memoryFile: memory.path, incoming: true }
  const variables = chassis.firmware && join(folder, bootFiles.variables)
  const files = await ownFiles({ diskSize: manifest.diskSize, disks: chassis.disks, variables })
  try {
    await using devices = await open(join(folder, 'devices'))
    const { name, qemu, mounts } = spec
    const machine = new OwnedMachine({
      ...{ name, path: qemu.path, args: chassisArguments(qemu, own, incoming) },
      ...files.inherited,
      incoming: devices.fd,
      memory: memory.descriptor,
    })
    const { accelerator } = chassis
    const bootable = { name, qemu, chassis: own, backends, files, accelerator }
    return { machine, power: new PowerSource({ ...bootable, ...asked, mounts }) }
  } catch (error) {
    await files[Symbol.asyncDispose]()
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
  spec: OwnSpec & Pick<StartedMachine, 'mac'>,
  signal: AbortSignal,
): Promise<FirstAnswer> {
  const { channel, generation, name } = machine
  const first = channel.hello(generation, { signal })
  const [hello] = await Promise.all([
    first.then((hello) => {
      reached(name, 'answered')
      return checkNonce(machine, manifest.memoryNonce, hello)
    }),
    ...makeDistinct(channel, spec),
  ])
  reached(name, 'distinct')
  await channel.setClock(Date.now())
  reached(name, 'now')
  return hello
}

/** The same over SSH, one after the other. */
async function awakenOverSsh(
  { manifest }: Template,
  machine: OwnedMachine,
  { way, ...spec }: OwnSpec & { readonly way: SshLogin },
  signal: AbortSignal,
): Promise<FirstAnswer> {
  // Loaded for those who use it.
  const [{ meetOverSsh }, { claimOverSsh }] = await Promise.all([
    import('./reach-over-ssh.ts'),
    import('./claim-over-ssh.ts'),
  ])
  const { accelerator } = manifest.chassis
  const answer = await meetOverSsh(machine, way, { accelerator, signal })
  reached(machine.name, 'answered')
  checkNonce(machine, manifest.memoryNonce, answer)
  await claimOverSsh(machine.guest, spec, signal)
  reached(machine.name, 'now')
  return answer
}

/** A machine that booted, however quickly, has another number in its memory than the template. */
function checkNonce(machine: OwnedMachine, expected: string, answer: FirstAnswer): FirstAnswer {
  if (answer.memoryNonce === expected) return answer
  throw notAClone(machine, 'it is not the one that was frozen: the machine booted anew')
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
