import { PayloadReader } from './payload-reader.ts'

/** What a path in the guest is; symbolic links are followed. */
export interface GuestStat {
  /** As `st_mode`. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  /** Since 1970. */
  readonly mtimeMs: number
  readonly isFile: boolean
  readonly isDirectory: boolean
}

/** Reads the payload of a `STAT_REPLY`. */
export function decodeStat(payload: Buffer): GuestStat {
  const reader = new PayloadReader(payload)
  const mode = reader.u32()
  const stat = { mode, uid: reader.u32(), gid: reader.u32(), size: Number(reader.u64()) }
  const mtimeMs = Number(reader.i64()) * 1000 + reader.u32() / 1_000_000
  const format = mode & 0o170000
  return { ...stat, mtimeMs, isFile: format === 0o100000, isDirectory: format === 0o040000 }
}
