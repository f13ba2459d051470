import { FledgeError } from '../errors.ts'
import { kvmVerdict } from '../qemu/accelerator.ts'
import { qemuCapabilities, type QemuCapabilities } from '../qemu/capabilities.ts'
import { chassisArguments } from '../qemu/chassis.ts'
import { findProgram } from '../util/find-program.ts'
import { type Finding, missing, ok, weak } from './finding.ts'

const packages = ['qemu-system-x86']

/** What QEMU has to understand besides the devices of the chassis. */
const commands = ['screendump', 'xen-save-devices-state', 'human-monitor-command']
const netdevs = ['user', 'hubport']

/** QEMU: whether it is there, new enough and whole, and what runs the guests' instructions. */
export async function examineQemu(): Promise<readonly Finding[]> {
  let qemu: QemuCapabilities
  try {
    qemu = await qemuCapabilities()
  } catch (error) {
    if (!(error instanceof FledgeError)) throw error
    const isNamed = Boolean(process.env['FLEDGE_QEMU'])
    if (!isNamed && (await findProgram('qemu-system-x86_64')) === undefined)
      return [missing('QEMU', 'not installed', { packages })]
    return [missing('QEMU', error.message, { hint: error.hint ?? 'Install QEMU again' })]
  }
  const lacks = [
    ...devices(qemu).filter((name) => !qemu.devices.includes(name)),
    ...commands.filter((name) => !qemu.commands.includes(name)),
    ...netdevs.filter((name) => !qemu.netdevs.includes(name)),
  ]
  const whole =
    lacks.length === 0
      ? ok('QEMU', `${qemu.version}, ${qemu.path}`)
      : missing('QEMU', `${qemu.version}, ${qemu.path}, without ${lacks.join(', ')}`, {
          hint: 'Install the QEMU of the distribution, or name a whole one in FLEDGE_QEMU',
        })
  return [whole, await accelerator(qemu)]
}

/** The devices that every machine has. */
function devices(qemu: QemuCapabilities): readonly string[] {
  const args = chassisArguments(
    qemu,
    {
      machine: qemu.machine,
      accelerator: 'tcg',
      cpu: '',
      cpus: 1,
      memoryMiB: 256,
    },
    { memoryFile: '', disk: [], emptyFolder: '', shares: [], network: 'user', incoming: false },
  )
  const named = args.filter((_, index) => args[index - 1] === '-device').map((device) => device.split(',')[0])
  return [...new Set(named)].filter((name) => name !== undefined)
}

async function accelerator(qemu: QemuCapabilities): Promise<Finding> {
  const { works, reason } = await kvmVerdict(qemu, { again: true })
  if (works) return ok('accelerator', `KVM: ${reason}`)
  return weak(
    'accelerator',
    `emulation, several times slower than KVM: ${reason}`,
    'Use a host with hardware virtualization, or let this one pass its own on',
  )
}
