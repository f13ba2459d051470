import type { Duplex } from 'node:stream'

import type { HostForward } from './host-forward.ts'
import type { QmpClient } from './qmp-client.ts'
import type { QemuExit } from './qemu-process.ts'

/** A QEMU, be it a child of this process or held by another. */
export interface QemuLink {
  /** The process, for `/proc`. */
  readonly pid: number
  readonly qmp: QmpClient
  readonly serial: Duplex
  readonly agent: Duplex
  /** Settles when the process has ended; never rejects. */
  readonly exited: Promise<QemuExit>
  /** Whether a signal has stopped it, so that it answers nothing until SIGCONT. */
  readonly isStopped: boolean
  /** Ends it now. Does nothing when it has ended. */
  kill(): void
  /** Forwards a port until it ends; the port of the host is given. */
  forward(forward: HostForward, signal: AbortSignal): Promise<number>
  /** The picture on the screen. */
  dumpScreen(format: ScreenFormat, signal: AbortSignal): Promise<Buffer>
}

/** How a picture of the screen is written. */
export type ScreenFormat = 'png' | 'ppm'
