/** One file in a zip archive, as it is stored there. */
export interface ZipEntry {
  readonly name: string
  /** 0: as it is; 8: deflated. */
  readonly method: number
  /** CRC-32 of the bytes before they were packed. */
  readonly crc: number
  /** Bytes before they were packed. */
  readonly size: number
  /** The bytes as they stand in the archive. */
  readonly packed: () => Promise<Uint8Array>
}

/** Files that tests attach are in one folder, under names that reporters make: anything else would be unpacked elsewhere. */
export function checkResources(entries: Iterable<ZipEntry>): void {
  for (const { name } of entries) {
    if (!/^resources\/\w[\w.-]*$/.test(name)) throw new Error(`"${name}" in it is no attached file`)
  }
}

/** What the parts of an archive begin with. */
export const signatures = { file: 0x04034b50, directory: 0x02014b50, end: 0x06054b50 } as const
/** Lengths of those parts, without the names and the rest that follow. */
export const lengths = { file: 30, directory: 46, end: 22 } as const
