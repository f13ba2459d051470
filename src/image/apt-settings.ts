import { runTool } from '../util/run-tool.ts'

/** Settings of the host's own apt that a build has to share to reach the mirror as the host does. */
export interface AptSettings {
  /** Lines of apt.conf(5) for the build only: proxies. */
  readonly connection: readonly string[]
  /** Lines of apt.conf(5) for build and guest: the host accepts package lists past their date. */
  readonly dates: readonly string[]
}

/** Reads them from `apt-config dump`. */
export async function readAptSettings(signal?: AbortSignal): Promise<AptSettings> {
  const { stdout } = await runTool('apt-config', ['dump'], signal === undefined ? {} : { signal })
  return parseAptSettings(stdout)
}

/** Picks them from what `apt-config dump` prints. */
export function parseAptSettings(dump: string): AptSettings {
  const lines = dump.split('\n').map((line) => line.trim())
  return {
    connection: lines.filter((line) => /^Acquire::(?:\w+)::Proxy(?:::\S+)? "[^"]+";$/i.test(line)),
    dates: lines.filter((line) => /^Acquire::Check-(?:Valid-Until|Date) "(?:false|0|no|off)";$/i.test(line)),
  }
}
