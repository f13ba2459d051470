import type { FileHandle } from 'node:fs/promises'

/** Fills a buffer from a file, or throws at its end. */
export async function readWhole(file: FileHandle, into: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < into.length;) {
    const { bytesRead } = await file.read(into, done, into.length - done, position + done)
    if (bytesRead === 0)
      throw new Error(`Cannot read ${into.length} bytes at ${position}: the file ends at ${position + done}`)
    done += bytesRead
  }
}

/** Writes all of a buffer. The system takes a part of it, without an error, where the disk is full after that. */
export async function writeWhole(file: FileHandle, from: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < from.length;) {
    const { bytesWritten } = await file.write(from, done, from.length - done, position + done)
    done += bytesWritten
  }
}
