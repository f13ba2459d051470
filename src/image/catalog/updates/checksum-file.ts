import { indexFault } from './faults.ts'

/** What is published of a file. */
export interface Digests {
  readonly sha256?: string
  readonly sha512?: string
  readonly bytes?: number
}

interface Row {
  readonly algorithm: 'sha256' | 'sha512'
  readonly digest: string
  /** Absent where the file has nothing but a digest. */
  readonly name?: string
}

const hex = '([0-9a-f]{64}|[0-9a-f]{128})'
const bsd = new RegExp(`^SHA(256|512) ?\\((.+)\\) ?= ?${hex}$`, 'i')
const gnu = new RegExp(`^${hex}[ \\t]+\\*?(\\S.*)$`, 'i')
const bare = new RegExp(`^${hex}$`, 'i')
const size = /^# (\S+): (\d+) bytes$/

/**
 * The digests of exactly this file in a checksum file: GNU's, BSD's, or a digest alone. Clearsigned ones are read too, without
 * a look at their signature.
 *
 * @throws EnvironmentError `ERR_FLEDGE_IMAGE_INDEX` when it has none, or two that differ
 */
export function digestsOf(text: string, name: string, where: string): Digests {
  const lines = unarmoured(text)
  const rows = lines.flatMap(parseRow)
  const own = rows.filter((row) => row.name === name)
  const [only, ...more] = rows
  if (only !== undefined && only.name === undefined && more.length === 0) own.push(only)
  if (own.length === 0) throw indexFault(`${where} has no digest of ${name}`)
  const found: { sha256?: string; sha512?: string; bytes?: number } = {}
  for (const { algorithm, digest } of own) {
    if ((found[algorithm] ?? digest) !== digest) throw indexFault(`${where} has two digests of ${name}`)
    found[algorithm] = digest
  }
  const bytes = lines.map((line) => size.exec(line)).find((match) => match?.[1] === name)?.[2]
  return bytes === undefined ? found : { ...found, bytes: Number(bytes) }
}

/** The names of all files that a checksum file has digests of. */
export function namesIn(text: string): readonly string[] {
  return unarmoured(text)
    .flatMap(parseRow)
    .flatMap(({ name }) => name ?? [])
}

function parseRow(line: string): Row[] {
  const [, bits, bsdName, bsdDigest] = bsd.exec(line) ?? []
  if (bsdDigest !== undefined) {
    return bsdDigest.length * 4 === Number(bits) ? [row(bsdDigest, bsdName)] : []
  }
  const [, digest, name] = gnu.exec(line) ?? bare.exec(line) ?? []
  return digest === undefined ? [] : [row(digest, name)]
}

function row(digest: string, name: string | undefined): Row {
  const algorithm = digest.length === 64 ? 'sha256' : 'sha512'
  return { algorithm, digest: digest.toLowerCase(), ...(name === undefined ? {} : { name }) }
}

/** The lines without what a clearsigned message has around them. */
function unarmoured(text: string): string[] {
  const [signed = ''] = text.split(/^-----BEGIN PGP SIGNATURE-----/m)
  return signed.split(/\r?\n/).map((line) => line.replace(/^- /, '').trimEnd())
}
