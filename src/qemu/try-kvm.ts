import { spawn } from 'node:child_process'

import type { QemuCapabilities } from './capabilities.ts'
import { sandbox } from './chassis.ts'

/** Why the firmware did not run under KVM. */
export interface KvmFailure {
  readonly reason: string
  /** Whether it only ran out of time, which a busy host explains as well. */
  readonly timedOut: boolean
}

/**
 * Runs the firmware under KVM until it says its name on its debug port.
 *
 * @param patienceMs long for a firmware that needs a tenth of a second
 * @returns what went wrong, or `undefined` when it ran
 */
export async function tryKvm(
  { path }: Pick<QemuCapabilities, 'path'>,
  patienceMs = 10_000,
): Promise<KvmFailure | undefined> {
  const args = ['-nodefaults', '-no-user-config', '-machine', 'pc,accel=kvm', '-cpu', 'host', '-m', '64M']
  const debugPort = ['-chardev', 'stdio,id=debug', '-device', 'isa-debugcon,iobase=0x402,chardev=debug']
  const line = [path, ...args, ...sandbox, '-display', 'none', ...debugPort]
  // It dies with us, even when we are killed.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...line], { stdio: ['pipe', 'pipe', 'pipe'] })
  return new Promise((resolve) => {
    let stderr = ''
    const end = (reason?: string, timedOut = false): void => {
      clearTimeout(timer)
      child.kill('SIGKILL')
      resolve(reason === undefined ? undefined : { reason, timedOut })
    }
    const silence = `firmware said nothing in ${patienceMs} ms under it`
    const timer = setTimeout(() => end(silence, true), patienceMs)
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    let said = ''
    child.stdout.setEncoding('latin1').on('data', (text: string) => {
      said += text
      if (said.includes('SeaBIOS')) end()
    })
    child.on('error', (error) => end(`QEMU did not start: ${error.message}`))
    child.on('close', () => end(`QEMU ended under it: ${stderr.trim().split('\n')[0] || 'without a word'}`))
  })
}
