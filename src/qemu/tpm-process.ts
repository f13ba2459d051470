import { spawn, type ChildProcess } from 'node:child_process'
import type { Duplex } from 'node:stream'

/**
 * A TPM 2.0 of one machine: swtpm, which QEMU controls by an inherited socket pair. It dies with us, even when we are killed, and what
 * it keeps is in a file without a name.
 *
 * Source: https://www.qemu.org/docs/master/specs/tpm.html.
 */
export class TpmProcess {
  /** For QEMU to inherit; until {@link handedOver}. */
  readonly control: Duplex
  readonly #child: ChildProcess

  /** @param state an open, empty file */
  constructor(state: number) {
    const args = ['socket', '--tpm2', '--tpmstate', 'backend-uri=file:///proc/self/fd/4']
    const control = ['--ctrl', 'type=unixio,clientfd=3']
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'swtpm', ...args, ...control], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', state],
      detached: true,
    })
    // That it cannot be started is seen by QEMU, which gets no answer.
    this.#child.on('error', () => {})
    this.control = this.#child.stdio[3] as unknown as Duplex
  }

  /** QEMU has inherited its end of the control channel: ours, which would take answers away from it, is closed. */
  handedOver(): void {
    this.control.destroy()
  }

  /** Ends it now. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }
}
