/** What is said of a machine that runs on. */
export function keptLines(name: string): string {
  return `fledge: "${name}" runs on. "fledge shell ${name}" opens a shell in it, "fledge stop ${name}" ends it\n`
}
