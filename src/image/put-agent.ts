import { stat } from 'node:fs/promises'

import { runTool, type ToolResult } from '../util/run-tool.ts'
import type { AgentFiles } from './agent-files.ts'

const agent = '/usr/lib/fledge/fledge-agent'
// Not below /usr/lib or /lib, of which each distribution has its own idea, Debian 11 another than its successors.
const service = '/etc/systemd/system/fledge-agent.service'
const wants = '/etc/systemd/system/sysinit.target.wants/fledge-agent.service'

/**
 * Puts the agent into a disk without mounting it, and enables it.
 *
 * `debugfs` says what went wrong, but ends well all the same: what it wrote is read back.
 */
export async function putAgent(
  disk: string,
  { binary, unit }: AgentFiles,
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  const commands = [
    'mkdir /usr/lib/fledge',
    ...put(binary, agent, '0100755'),
    ...put(unit, service, '0100644'),
    'mkdir /etc/systemd/system/sysinit.target.wants',
    `symlink ${wants} ${service}`,
  ]
  const debugfs = (flags: readonly string[], lines: readonly string[]): Promise<ToolResult> =>
    runTool('debugfs', [...flags, '-f', '-', disk], { ...options, input: `${lines.join('\n')}\n` })
  await debugfs(['-w'], commands)
  const { stdout } = await debugfs([], [`stat ${agent}`, `stat ${service}`, `stat ${wants}`])
  const [{ size: agentSize }, { size: unitSize }] = await Promise.all([stat(binary), stat(unit)])
  const wanted = [
    'Mode:  0755',
    `Size: ${agentSize}\n`,
    'Mode:  0644',
    `Size: ${unitSize}\n`,
    'Type: symlink',
  ]
  if (!wanted.every((text) => stdout.includes(text))) {
    throw new Error(`the agent could not be written into "${disk}"`)
  }
}

function put(source: string, target: string, mode: string): readonly string[] {
  const fields = [`mode ${mode}`, 'uid 0', 'gid 0']
  return [`write "${source}" ${target}`, ...fields.map((field) => `set_inode_field ${target} ${field}`)]
}
