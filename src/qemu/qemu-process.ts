import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Duplex } from 'node:stream'

import { EnvironmentError } from '../errors.ts'
import { missingTool } from '../util/run-tool.ts'
import { withoutNoise } from './qemu-noise.ts'
import { mostExtraDisks } from './disk-arguments.ts'
import { dumpScreen } from './dump-screen.ts'
import { addHostForward, type HostForward } from './host-forward.ts'
import { isStopped } from './process-state.ts'
import type { QemuLink, ScreenFormat } from './qemu-link.ts'
import { QmpClient } from './qmp-client.ts'
import { TpmProcess } from './tpm-process.ts'

/** How a QEMU process ended. */
export interface QemuExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The end of what it wrote to standard error. */
  readonly stderr: string
}

/** What a QEMU process inherits. */
export interface QemuSpawn {
  readonly path: string
  readonly args: readonly string[]
  /** An open qcow2 file for the machine's writes. */
  readonly overlay: number
  /** An open file of frozen device state, for a clone. */
  readonly incoming?: number
  /** An open file to map the memory from, for a clone whose template's cannot be opened. */
  readonly memory?: number | undefined
  /** An open file of a firmware's variables, which it may write to. */
  readonly variables?: number | undefined
  /** An open qcow2 file for the writes to each disk besides the root disk. */
  readonly extraOverlays?: readonly number[]
  /** An open, empty file for what a TPM keeps; without it, the machine has none. */
  readonly tpmState?: number | undefined
}

const stderrLimit = 16_384

/**
 * One QEMU, held by socket pairs that no one else can open.
 *
 * It dies with the thread that started it, however that ends (`PR_SET_PDEATHSIG`), so it must
 * not be started from a worker thread. It leads a session of its own: Ctrl-C reaches only us.
 */
export class QemuProcess implements QemuLink {
  readonly qmp: QmpClient
  readonly serial: Duplex
  readonly agent: Duplex
  /** Settles when the process has ended; never rejects. */
  readonly exited: Promise<QemuExit>
  readonly #child: ChildProcess
  #stderr = ''

  constructor(spec: QemuSpawn) {
    const { path, args, overlay, incoming, memory, variables, extraOverlays = [], tpmState } = spec
    const tpm = tpmState === undefined ? undefined : new TpmProcess(tpmState)
    const extra = Array.from(
      { length: tpm ? mostExtraDisks : extraOverlays.length },
      (_, index) => extraOverlays[index],
    )
    const inherited = [overlay, incoming, memory, variables, ...extra, tpm?.control]
    const files = inherited.map((file) => file ?? 'ignore')
    const stdio = ['ignore', 'ignore', 'pipe', 'pipe', 'pipe', 'pipe', ...files] as const
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', path, ...args], {
      stdio: [...stdio],
      detached: true,
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrLimit)
    })
    tpm?.handedOver()
    this.exited = this.#wait()
    void this.exited.then(() => tpm?.kill())
    // Without descriptors to spare there are no streams; `exited` has the reason by then.
    const [, , , qmp, serial, agent] = (this.#child.stdio ?? []) as unknown as Duplex[]
    if (!qmp || !serial || !agent)
      throw new EnvironmentError('ERR_FLEDGE_QEMU', 'Cannot start QEMU: too many files are open', {
        hint: 'Allow more, by "ulimit -n 1024"',
      })
    this.qmp = new QmpClient(qmp, { endIsTold: true })
    this.serial = serial
    this.agent = agent
    // The write that meets a QEMU that just ended must not end us: `exited` tells of it.
    for (const stream of [serial, agent]) stream.on('error', () => {})
    void this.exited.then((exit) =>
      this.qmp.fail(new EnvironmentError('ERR_FLEDGE_QEMU', describeExit(exit))),
    )
  }

  /** The process, for `/proc`. */
  get pid(): number {
    if (this.#child.pid === undefined) throw missingTool('setpriv')
    return this.#child.pid
  }

  /** Whether a signal has stopped it, so that it answers nothing until SIGCONT. */
  get isStopped(): boolean {
    return isStopped(this.#child.pid)
  }

  /** Ends it now. Does nothing when it has ended. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async forward(forward: HostForward, signal: AbortSignal): Promise<number> {
    return addHostForward(this.qmp, forward, signal)
  }

  async dumpScreen(format: ScreenFormat, signal: AbortSignal): Promise<Buffer> {
    return dumpScreen(this.qmp, format, signal)
  }

  async #wait(): Promise<QemuExit> {
    try {
      const [code, signal] = (await once(this.#child, 'close')) as [number | null, NodeJS.Signals | null]
      return { code, signal, stderr: withoutNoise(this.#stderr) }
    } catch (error) {
      return { code: null, signal: null, stderr: error instanceof Error ? error.message : String(error) }
    }
  }
}

/** How a QEMU process ended, with what it said. */
export function describeExit({ code, signal, stderr }: QemuExit): string {
  const how = signal ? `QEMU was ended by ${signal}` : `QEMU ended with exit code ${code}`
  return stderr ? `${how}: ${stderr}` : how
}
