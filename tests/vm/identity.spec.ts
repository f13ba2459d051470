import { checkLeaks } from '../fixtures/leaks.ts'
import { launch, type Machine } from '../../src/index.ts'
import { expect, image as usual, test } from '../fixtures/machine.ts'

/** Twenty clones, of which so many at once. */
const [turns, atOnce] = [5, 4]

/** What a clone says of itself, with the host's clock before and after. */
interface Facts {
  readonly vm: Machine
  readonly before: number
  readonly after: number
  readonly time: number
  readonly hostname: string
  readonly hostnameFile: string
  readonly address: string
  readonly macs: readonly string[]
  readonly machineId: string
  /** By different ways to the kernel's generator. */
  readonly urandom: string
  readonly uuid: string
  readonly getrandom: string
}

const questions = [
  'head -c 16 /dev/urandom | od -An -tx1 | tr -d " "',
  'cat /proc/sys/kernel/random/uuid',
  'mktemp --dry-run XXXXXXXXXXXXXXXXXXXX',
  'hostname',
  'cat /etc/hostname',
  'getent hosts "$(hostname)"',
  'cat /etc/machine-id',
  String.raw`ip -o link | sed -n 's/.*link\/ether \([^ ]*\).*/\1/p' | tr '\n' ' '`,
]

async function ask(vm: Machine): Promise<Facts> {
  const before = Date.now()
  const clock = await vm.succeed('date +%s%3N')
  const after = Date.now()
  const { stdout } = await vm.succeed(questions.join('\n'))
  const [urandom = '', uuid = '', getrandom = '', hostname = '', hostnameFile = '', ...rest] =
    stdout.split('\n')
  const [address = '', machineId = '', macs = ''] = rest
  const said = { urandom, uuid, getrandom, hostname, hostnameFile, address, machineId }
  return { vm, before, after, time: Number(clock.stdout), ...said, macs: macs.trim().split(' ') }
}

async function launchSome(image: string): Promise<Facts[]> {
  const launched = await Promise.allSettled(Array.from({ length: atOnce }, () => launch(image)))
  const machines = launched.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  try {
    for (const each of launched) if (each.status === 'rejected') throw each.reason
    return await Promise.all(machines.map(ask))
  } finally {
    await Promise.all(machines.map((vm) => vm.stop()))
  }
}

// The kernel of 11 does not hear of it that it was cloned: only the agent's word makes its generator another.
for (const image of process.env['FLEDGE_TEST_ALL'] ? [usual, 'debian:11-minimal'] : [usual]) {
  test(`twenty clones of ${image} are distinct, and now`, async () => {
    test.setTimeout(0)
    const clones: Facts[] = []
    for (let turn = 0; turn < turns; turn++) clones.push(...(await launchSome(image)))

    for (const { vm, before, after, time, hostname, hostnameFile, address, macs } of clones) {
      expect(time).toBeGreaterThan(before - 1_000)
      expect(time).toBeLessThan(after + 1_000)
      expect([hostname, hostnameFile]).toEqual([vm.name, vm.name])
      expect(address).toMatch(new RegExp(String.raw`^(127\.0\.1\.1|::1|fe80\S+|10\.0\.2\.15)\s+${vm.name}$`))
      // Of the four network cards, those behind hubs have no peer yet: the first is the machine's.
      expect(macs[0]).toBe(vm.mac)
    }
    const own = {
      urandom: clones.map(({ urandom }) => urandom),
      uuid: clones.map(({ uuid }) => uuid),
      getrandom: clones.map(({ getrandom }) => getrandom),
      hostname: clones.map(({ hostname }) => hostname),
      mac: clones.map(({ vm }) => vm.mac),
      identity: clones.map(({ vm }) => vm.identity),
    }
    for (const [what, values] of Object.entries(own)) expect(new Set(values).size, what).toBe(turns * atOnce)
    // Kept: a new one would hide the journal.
    expect(new Set(clones.map(({ machineId }) => machineId)).size).toBe(1)
  })
}

checkLeaks()
