import { resolve } from 'node:path'

import { MisuseError } from '../../errors.ts'
import { hasCredentials } from '../mirror-uri.ts'
import type { Download } from './download-image.ts'
import type { Compression } from './unpack.ts'

/** An image of the user's own: a file, or an address with the digest of what is there. */
export type ImageSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'url'; readonly name: string; readonly build: Download }

const lengths = { sha256: 64, sha512: 128 } as const

const pinHint =
  'Add "#sha256=" and the digest, as "sha256sum FILE" prints it (or "#sha512="): so it is known when the file changes'

/**
 * Reads the name of an image that is the user's own: `./disk.qcow2`, `/images/disk.qcow2`, or
 * `https://example.org/disk.qcow2#sha256=…`. Any other is a name of a distribution, for which this gives nothing.
 *
 * @throws MisuseError `ERR_FLEDGE_IMAGE_INVALID` for an address that cannot be used, or has no digest
 */
export function parseImageSource(name: string): ImageSource | undefined {
  if (/^(?:\.{0,2}\/|~\/)/.test(name)) return { kind: 'file', path: filePath(name) }
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(name)) return undefined
  const url = URL.canParse(name) ? new URL(name) : undefined
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw invalid(shown(name), 'only http:// and https:// are downloaded from')
  }
  if (hasCredentials(url.href)) {
    throw invalid(shown(name), 'there is a user or a password in it, and it is kept with the image', {
      hint: 'Download it yourself, and give the path of the file',
    })
  }
  const pins = pinsOf(url, name)
  url.hash = ''
  const packing = /\.(gz|xz|zst)$/.exec(url.pathname)?.[1] as Compression | undefined
  return {
    kind: 'url',
    name: url.href,
    build: {
      url: url.href,
      mirrors: [],
      ...pins,
      ...(packing === undefined ? {} : { compression: packing }),
    },
  }
}

function filePath(name: string): string {
  // Shells expand it, and configurations do not.
  return name.startsWith('~/') ? resolve(process.env['HOME'] ?? '/', name.slice(2)) : resolve(name)
}

function pinsOf(url: URL, name: string): Pick<Download, 'sha256' | 'sha512'> {
  const pins = Object.fromEntries(new URLSearchParams(url.hash.slice(1)))
  if (Object.keys(pins).length === 0) {
    throw invalid(name, 'nothing says which file it has to be', { hint: pinHint })
  }
  for (const [algorithm, digest] of Object.entries(pins)) {
    const length = Object.hasOwn(lengths, algorithm) ? lengths[algorithm as keyof typeof lengths] : undefined
    if (length === undefined)
      throw invalid(name, `"${algorithm}" is no digest that is known`, { hint: pinHint })
    if (digest.length !== length || /[^0-9a-f]/i.test(digest)) {
      throw invalid(name, `a ${algorithm} has ${length} hexadecimal digits`, { hint: pinHint })
    }
  }
  return pins
}

/** Without what is secret in it. */
function shown(name: string): string {
  return name.replace(/\/\/[^/@]*@/, '//…@')
}

function invalid(name: string, why: string, details: { hint?: string } = {}): MisuseError {
  return new MisuseError('ERR_FLEDGE_IMAGE_INVALID', `Cannot use the image "${name}": ${why}`, details)
}
