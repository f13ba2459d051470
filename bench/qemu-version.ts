import { launch } from 'fledge'

/** The version of the QEMU that the machines run under, as it says itself. */
export async function qemuVersion(image: string, signal: AbortSignal): Promise<string> {
  await using vm = await launch(image, { signal })
  const said = await vm.sendMonitorCommand('info version')
  return /\d+\.\d+\.\d+/.exec(said)?.[0] ?? said.trim()
}
