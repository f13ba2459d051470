/** The least and the most that a machine can have; the command line says it by its own names. */
export const machineLimits: Readonly<
  Record<'memoryMiB' | 'cpus' | 'diskGiB', readonly [least: number, most: number]>
> = {
  memoryMiB: [256, 1_048_576],
  cpus: [1, 64],
  diskGiB: [1, 4096],
}
