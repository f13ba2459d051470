import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { Duplex } from 'node:stream'

import * as v from 'valibot'

import { EnvironmentError } from '../errors.ts'
import { findProgram } from '../util/find-program.ts'
import { remembered } from '../util/remembered.ts'
import { missingTool } from '../util/run-tool.ts'
import { QmpClient } from './qmp-client.ts'

/** What the installed QEMU is and can do, as it says itself. */
export interface QemuCapabilities {
  /** The program. */
  readonly path: string
  /** As `7.2.22`. */
  readonly version: string
  /** The distribution's package, where QEMU names one; part of template keys, as devices may differ by patch. */
  readonly package: string
  /** The versioned name behind `pc`, as `pc-i440fx-7.2`. */
  readonly machine: string
  /** The versioned name behind `q35`, the PC with PCI Express. */
  readonly q35: string
  readonly devices: readonly string[]
  readonly netdevs: readonly string[]
  readonly commands: readonly string[]
  /** Whether a memory file can be mapped from a file that is only readable (QEMU 8.2). */
  readonly readonlyMemory: boolean
}

const schema = v.object({
  path: v.string(),
  version: v.string(),
  package: v.string(),
  machine: v.string(),
  q35: v.string(),
  devices: v.array(v.string()),
  netdevs: v.array(v.string()),
  commands: v.array(v.string()),
  readonlyMemory: v.boolean(),
})

/** The least QEMU that fledge is made for. */
const leastVersion = '7.2.0'

const program = 'qemu-system-x86_64'

/**
 * Asks the installed QEMU what it is; the answer is remembered for that very file.
 *
 * @throws EnvironmentError `ERR_FLEDGE_TOOL_MISSING` without a QEMU, `ERR_FLEDGE_QEMU` for one that is too
 * old or does not answer.
 */
export async function qemuCapabilities(): Promise<QemuCapabilities> {
  const path = await findQemu()
  const { ino, size, mtimeMs } = await stat(path)
  const fingerprint = [path, ino, size, mtimeMs].join(':')
  return remembered('qemu', fingerprint, schema, () => ask(path))
}

async function findQemu(): Promise<string> {
  const named = process.env['FLEDGE_QEMU']
  if (!named) {
    const path = await findProgram(program)
    if (path === undefined) throw missingTool(program)
    return path
  }
  const found = await stat(named).catch(() => undefined)
  if (found?.isFile()) return named
  throw new EnvironmentError('ERR_FLEDGE_TOOL_MISSING', `Cannot find "${named}", which FLEDGE_QEMU names`, {
    hint: 'Correct FLEDGE_QEMU, or unset it to use the QEMU in PATH',
  })
}

async function ask(path: string): Promise<QemuCapabilities> {
  const args = ['-nodefaults', '-S', '-machine', 'none', '-display', 'none', '-qmp', 'stdio']
  // It dies with us, even when we are killed.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', path, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.on('error', (error) => (stderr += error.message))
  const qmp = new QmpClient(Duplex.from({ readable: child.stdout, writable: child.stdin }))
  try {
    await qmp.connect()
    return await describe(path, qmp)
  } catch (cause) {
    if (child.pid === undefined) throw missingTool('setpriv')
    if (cause instanceof EnvironmentError && cause.hint) throw cause
    throw new EnvironmentError('ERR_FLEDGE_QEMU', `Cannot ask "${path}" what it can do: ${stderr.trim()}`, {
      cause,
      hint: 'Run it by hand with "-version"; FLEDGE_QEMU names another one',
    })
  } finally {
    child.kill('SIGKILL')
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      await once(child, 'close')
  }
}

async function describe(path: string, qmp: QmpClient): Promise<QemuCapabilities> {
  const [{ qemu, package: packaged }, machines, devices, commands, schema] = await Promise.all([
    qmp.run('query-version'),
    qmp.run('query-machines'),
    qmp.run('qom-list-types', { implements: 'device', abstract: false }),
    qmp.run('query-commands'),
    qmp.run('query-qmp-schema'),
  ])
  const version = `${qemu.major}.${qemu.minor}.${qemu.micro ?? 0}`
  if (!atLeast(version, leastVersion)) {
    throw new EnvironmentError(
      'ERR_FLEDGE_QEMU',
      `Cannot use QEMU ${version}: fledge needs ${leastVersion} or newer`,
      {
        hint: 'Install a newer QEMU, or name one in FLEDGE_QEMU',
      },
    )
  }
  const entity = (name: string): (typeof schema)[number] | undefined =>
    schema.find((each) => each.name === name)
  const command = entity('netdev_add') as { 'arg-type'?: string } | undefined
  const kind = entity(command?.['arg-type'] ?? '')?.members?.find(({ name }) => name === 'type')?.type ?? ''
  return {
    path,
    version,
    package: packaged ?? '',
    machine: machines.find(({ alias }) => alias === 'pc')?.name ?? 'pc',
    q35: machines.find(({ alias }) => alias === 'q35')?.name ?? 'q35',
    devices: devices.map(({ name }) => name).toSorted(),
    netdevs: [...(entity(kind)?.values ?? [])],
    commands: commands.map(({ name }) => name).toSorted(),
    readonlyMemory: atLeast(version, '8.2.0'),
  }
}

/** Whether a dotted version is the same as another or newer. */
export function atLeast(version: string, least: string): boolean {
  const [have, want] = [version, least].map((text) => text.split('.').map(Number))
  for (const [index, part] of (want ?? []).entries()) {
    const mine = have?.[index] ?? 0
    if (mine !== part) return mine > part
  }
  return true
}
