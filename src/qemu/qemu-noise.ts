/** What QEMU says of every machine of ours, and that is as it should be. */
const expected = [/warning: hub \d+ is not connected to host network/]

/** The lines of QEMU's standard error that tell of trouble. */
export function withoutNoise(stderr: string): string {
  const lines = stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !expected.some((noise) => noise.test(line)))
  return lines.join('\n')
}
