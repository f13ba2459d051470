import type { AgentChannel } from '../channel/agent-channel.ts'
import { gather } from '../channel/gather.ts'

/** Runs a shell script in a machine that has no verbs yet, and gives its standard output without the space around it. */
export async function ask(channel: AgentChannel, script: string, signal: AbortSignal): Promise<string> {
  const output = gather(await channel.exec({ argv: [script], shell: true }, { signal }))
  await output.exited
  return output.stdout().toString('utf8').trim()
}
