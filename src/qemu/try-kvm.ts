import { spawn } from 'node:child_process'

import type { QemuCapabilities } from './capabilities.ts'

/**
 * Runs the firmware under KVM until it says its name on its debug port.
 *
 * @param patienceMs long for a firmware that needs a tenth of a second
 * @returns what went wrong, or `undefined` when it ran.
 */
export async function tryKvm(
  { path }: Pick<QemuCapabilities, 'path'>,
  patienceMs = 10_000,
): Promise<string | undefined> {
  const args = ['-nodefaults', '-no-user-config', '-machine', 'pc,accel=kvm', '-cpu', 'host', '-m', '64M']
  const debugPort = ['-chardev', 'stdio,id=debug', '-device', 'isa-debugcon,iobase=0x402,chardev=debug']
  const child = spawn(path, [...args, '-display', 'none', ...debugPort], { stdio: ['pipe', 'pipe', 'pipe'] })
  return new Promise((resolve) => {
    let stderr = ''
    const end = (failure: string | undefined): void => {
      clearTimeout(timer)
      child.kill('SIGKILL')
      resolve(failure)
    }
    const timer = setTimeout(() => end(`firmware said nothing in ${patienceMs} ms under it`), patienceMs)
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    let said = ''
    child.stdout.setEncoding('latin1').on('data', (text: string) => {
      said += text
      if (said.includes('SeaBIOS')) end(undefined)
    })
    child.on('error', (error) => end(`QEMU did not start: ${error.message}`))
    child.on('close', () => end(`QEMU ended under it: ${stderr.trim().split('\n')[0] || 'without a word'}`))
  })
}
