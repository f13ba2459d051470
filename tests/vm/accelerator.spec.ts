import { access, readFile, writeFile } from 'node:fs/promises'
import { constants } from 'node:fs'
import { join } from 'node:path'

import { launch, type NoticeMessage } from '../../src/index.ts'
import { normalizeLaunchOptions } from '../../src/machine/launch-options.ts'
import { templateOf, templateSpec } from '../../src/machine/template-for.ts'
import { kvmVerdict } from '../../src/qemu/accelerator.ts'
import { qemuCapabilities } from '../../src/qemu/capabilities.ts'
import { cacheFolder } from '../../src/util/cache-folder.ts'
import { expect, image, test } from '../fixtures/machine.ts'
import { firstAnswer, runProgram } from '../fixtures/run-program.ts'
import { wrappedQemu } from '../fixtures/wrapped-qemu.ts'
import { messagesOf } from '../unit/messages-of.ts'
import { checkLeaks } from '../fixtures/leaks.ts'

const broken = /^KVM does not work here \(.+\); machines are emulated and several times slower$/

/** Skips on a host whose KVM works, which has nothing to fall back from, and says so. */
async function needsBrokenKvm(): Promise<void> {
  const { works, reason } = await kvmVerdict(await qemuCapabilities())
  test.skip(works, `KVM works here: ${reason}`)
}

/** Skips where no KVM can be opened: then nobody tries to boot under it. */
async function needsDevice(): Promise<void> {
  const opens = await access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  )
  test.skip(!opens, '/dev/kvm cannot be opened here')
}

/** What is known of KVM on a host like this whose CPU claims to have it. */
async function verdictOfCapableCpu(): ReturnType<typeof kvmVerdict> {
  const cpuInfo = join(cacheFolder(), 'cpuinfo')
  await writeFile(cpuInfo, 'flags\t\t: fpu vmx sse\n')
  return kvmVerdict(await qemuCapabilities(), { cpuInfo })
}

test('launch falls back to emulation where KVM does not work, and says so once with a remedy', async () => {
  await needsBrokenKvm()
  const { accelerators, notices } = await firstAnswer<{ accelerators: string[]; notices: NoticeMessage[] }>(
    runProgram('launch-twice.mjs'),
  )
  expect(accelerators).toEqual(['tcg', 'tcg'])
  expect(notices).toEqual([
    { message: expect.stringMatching(broken), hint: expect.stringContaining('FLEDGE_ACCELERATOR=tcg') },
  ])
})

test('launch with "kvm" refuses where KVM does not work, and says what else to use', async () => {
  await needsBrokenKvm()
  await expect(launch(image, { accelerator: 'kvm' })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_ACCELERATOR',
    message: expect.stringContaining('/dev/kvm'),
    hint: expect.stringContaining('"tcg"'),
  })
})

for (const [what, script, reason] of [
  [
    'QEMU dies of a register that it cannot set',
    `case " $* " in *" -accel kvm "*) echo "error: failed to set MSR 0xe1 to 0x0" >&2; kill -ABRT $$ ;; esac`,
    /failed to set MSR/,
  ],
  // QEMU as it is: on some hosts it stops the machine, on others it dies.
  ['QEMU fails in its own way', '', /the accelerator failed inside|failed to set MSR/],
] as const) {
  test(`a KVM that runs the firmware and no kernel is told by the boot: ${what}`, async () => {
    await needsDevice()
    const capable = /^flags\s*:.*\b(vmx|svm)\b/m.test(await readFile('/proc/cpuinfo', 'utf8'))
    test.skip(capable && script === '', 'KVM may run a kernel here')
    await using _wrapped = await wrappedQemu(script, 'templates')
    const options = normalizeLaunchOptions({ accelerator: 'tcg' })
    const spec = { ...(await templateSpec(image, options)), accelerator: 'kvm' } as const

    await expect(templateOf(spec, { accelerator: 'kvm' })).rejects.toMatchObject({
      code: 'ERR_FLEDGE_ACCELERATOR',
      message: expect.stringMatching(reason),
      hint: expect.stringContaining('"tcg"'),
      cause: expect.objectContaining({ code: 'ERR_FLEDGE_BAKE' }),
    })
    const notices = await messagesOf<NoticeMessage>('fledge:notice', async () => {
      const template = await templateOf(spec, { accelerator: 'auto' })
      expect(template.manifest.chassis.accelerator).toBe('tcg')
    })
    expect(notices).toEqual([
      { message: expect.stringMatching(broken), hint: expect.stringContaining('FLEDGE_ACCELERATOR=tcg') },
    ])
    // The next process asks no kernel.
    expect(await verdictOfCapableCpu()).toEqual({ works: false, reason: expect.stringMatching(reason) })
  })
}

checkLeaks()
