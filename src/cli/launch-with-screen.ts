import { join } from 'node:path'

import { FledgeError, launch, type LaunchOptions, type Machine } from '../index.ts'
import { shellQuote } from '../util/shell-quote.ts'
import { screenFolder } from './screen-folder.ts'

/** A machine whose screen is shown, and the folder of its socket, which goes with this. */
export interface Screened extends AsyncDisposable {
  readonly machine: Machine
}

/** Launches a machine with a window, or where that cannot be with a VNC socket, and tells which. */
export async function launchWithScreen(image: string, options: LaunchOptions): Promise<Screened> {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env
  if (DISPLAY || WAYLAND_DISPLAY) {
    try {
      const machine = await launch(image, { ...options, display: 'window' })
      return { machine, [Symbol.asyncDispose]: async () => {} }
    } catch (error) {
      if (!(error instanceof FledgeError) || error.code !== 'ERR_FLEDGE_TOOL_MISSING') throw error
      say(`${error.message}\n  ${error.hint ?? ''}`)
    }
  }
  const folder = await screenFolder()
  try {
    const socket = join(folder.path, 'vnc')
    const machine = await launch(image, { ...options, display: { vnc: socket } })
    say(`its screen is on the VNC socket ${shellQuote(socket)}; "vncviewer SOCKET" shows it`)
    return { machine, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
  } catch (error) {
    await folder[Symbol.asyncDispose]()
    throw error
  }
}

function say(line: string): void {
  process.stderr.write(`fledge: ${line}\n`)
}
