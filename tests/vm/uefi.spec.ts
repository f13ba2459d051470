import { launch, type Machine } from '../../src/index.ts'
import { checkLeaks } from '../fixtures/leaks.ts'
import { uefiLookalike } from '../fixtures/lookalike.ts'
import { expect, image, test as base } from '../fixtures/machine.ts'
import { whyNoLoopDevices } from '../fixtures/mount.ts'

const test = base.extend<object, { signed: string }>({
  signed: [async ({}, use) => use(await uefiLookalike('bookworm')), { scope: 'worker', timeout: 0 }],
})

/** The byte of the variable SecureBoot: https://uefi.org/specs/UEFI/2.10/03_Boot_Manager.html#globally-defined-variables. */
const secureBoot =
  'od -An -tu1 -j4 -N1 /sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c'
/** A variable of our own, as efivarfs takes it: four bytes of attributes (kept, and seen at run time), then the value. */
const ownVariable = '/sys/firmware/efi/efivars/Fledge-12345678-1234-1234-1234-123456789abc'

async function bootId(vm: Machine): Promise<string> {
  return (await vm.succeed('cat /proc/sys/kernel/random/boot_id', { timeoutMs: 10_000 })).stdout
}

async function reboot(vm: Machine): Promise<void> {
  const before = await bootId(vm)
  await vm.execute('systemctl reboot').catch(() => {})
  await expect(async () => expect(await bootId(vm)).not.toBe(before)).toPass({ timeout: 900_000 })
}

test('a clone with UEFI has its variables, keeps its own, and survives a reboot', async () => {
  {
    await using vm = await launch(image, { firmware: 'uefi' })
    expect((await vm.succeed('findmnt --noheadings --output FSTYPE /sys/firmware/efi/efivars')).stdout).toBe(
      'efivarfs\n',
    )
    expect((await vm.succeed(secureBoot)).stdout.trim()).toBe('0')
    await vm.succeed(String.raw`printf '\007\000\000\000mine' > ${ownVariable}`)
    await reboot(vm)
    expect((await vm.succeed(`tail -c 4 ${ownVariable}`)).stdout).toBe('mine')
  }
  await using other = await launch(image, { firmware: 'uefi' })
  await other.fail(`test -e ${ownVariable}`)
})

test.describe('an image that is signed', () => {
  const whyNot = process.env['FLEDGE_TEST_ALL']
    ? whyNoLoopDevices()
    : 'only in "make test-all": it prepares a disk'
  test.skip(whyNot !== undefined, whyNot)

  test('runs with Secure Boot, cloned and rebooted', async ({ signed }) => {
    await using vm = await launch(signed, { firmware: 'secure-boot' })
    expect((await vm.succeed(secureBoot)).stdout.trim()).toBe('1')
    expect((await vm.succeed('dmesg')).stdout).toContain('Secure boot enabled')
    await reboot(vm)
    expect((await vm.succeed(secureBoot)).stdout.trim()).toBe('1')
  })
})

test('what is not signed does not start with Secure Boot', async () => {
  await expect(launch(image, { firmware: 'secure-boot' })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_OPTION',
    message: expect.stringMatching(
      /^Cannot use the firmware "secure-boot": the kernel of "debian:13-minimal"/,
    ),
  })
})

checkLeaks()
