import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'

import { EnvironmentError } from '../errors.ts'
import type { Display } from '../qemu/chassis.ts'
import type { LaunchOptions } from './launch-options.ts'

const kinds = ['gtk', 'sdl'] as const

/**
 * What shows the screen of a machine.
 *
 * @throws EnvironmentError `ERR_FLEDGE_TOOL_MISSING` for a window where this QEMU has none, or there is no desktop
 */
export async function displayOf(
  wanted: NonNullable<LaunchOptions['display']>,
  qemu: string,
): Promise<Display> {
  if (wanted !== 'window') return { vnc: resolve(wanted.vnc) }
  const { DISPLAY, WAYLAND_DISPLAY } = process.env
  if (!DISPLAY && !WAYLAND_DISPLAY) {
    throw noWindow(
      'there is no desktop: neither DISPLAY nor WAYLAND_DISPLAY is set',
      'Use { vnc: PATH } instead',
    )
  }
  const { stdout } = await promisify(execFile)(qemu, ['-display', 'help'])
  const known = stdout.split('\n')
  const window = kinds.find((kind) => known.includes(kind))
  if (window) return { window }
  throw noWindow(
    'this QEMU has no windows',
    'Run "sudo apt-get install qemu-system-gui", or use { vnc: PATH } instead',
  )
}

function noWindow(why: string, hint: string): EnvironmentError {
  return new EnvironmentError('ERR_FLEDGE_TOOL_MISSING', `Cannot show the screen in a window: ${why}`, {
    hint,
  })
}
