import { access } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { EnvironmentError } from '../errors.ts'

/** What a package, or a working copy that was built, has for guests. */
export interface AgentFiles {
  /** The agent: a static binary. */
  readonly binary: string
  /** The systemd unit that starts it. */
  readonly unit: string
}

/**
 * Finds the agent: beside this code when installed, in `dist` and `agent` of a working copy.
 *
 * @param binary - another binary to use.
 * @throws EnvironmentError `ERR_FLEDGE_IMAGE_BUILD` when a part is missing.
 */
export async function findAgentFiles(binary?: string): Promise<AgentFiles> {
  return {
    binary:
      binary ?? (await firstOf(['../agent/x86_64/fledge-agent', '../../dist/agent/x86_64/fledge-agent'])),
    unit: await firstOf(['../agent/fledge-agent.service', '../../agent/fledge-agent.service']),
  }
}

async function firstOf(candidates: readonly string[]): Promise<string> {
  const paths = candidates.map((candidate) => fileURLToPath(new URL(candidate, import.meta.url)))
  for (const path of paths) {
    if (await readable(path)) return path
  }
  throw new EnvironmentError(
    'ERR_FLEDGE_IMAGE_BUILD',
    `Cannot find a part of the guest agent, "${paths[0]}"`,
    {
      hint: 'Install fledge again, or run "npm run build:agent" in a working copy',
    },
  )
}

async function readable(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
