import type { Key, VerifyMessageResult } from 'openpgp'

import { signatureFault } from './faults.ts'
import type { Page } from './read-page.ts'

/** Who has signed, and what. */
export interface Signed {
  /** The fingerprint of the primary key, in upper-case hex. */
  readonly fingerprint: string
  /** What is signed. */
  readonly text: string
}

/**
 * Reads the keys of a page, armoured or not. With a fingerprint only that key counts.
 *
 * @throws EnvironmentError `ERR_FLEDGE_SIGNATURE` when there is no key, or not that one
 */
export async function readKeyring({ url, bytes, text }: Page, pinned?: string): Promise<readonly Key[]> {
  const { readKeys } = await import('openpgp')
  const blocks = text.match(/-----BEGIN PGP PUBLIC KEY BLOCK-----.*?-----END PGP PUBLIC KEY BLOCK-----/gs)
  const reads = blocks?.map((block) => readKeys({ armoredKeys: block })) ?? [readKeys({ binaryKeys: bytes })]
  // A keyring may hold keys of kinds that are not known here, besides the one that is wanted.
  const keys = (await Promise.allSettled(reads)).flatMap((read) =>
    read.status === 'fulfilled' ? read.value : [],
  )
  if (keys.length === 0) throw signatureFault(`There is no OpenPGP key at ${url}`)
  if (pinned === undefined) return keys
  const wanted = keys.filter((key) => fingerprintOf(key) === pinned.toUpperCase())
  if (wanted.length > 0) return wanted
  throw signatureFault(
    `The key at ${url} is another than the catalog knows: ${keys.map(fingerprintOf).join(', ')} instead of ${pinned}`,
  )
}

/** @throws EnvironmentError `ERR_FLEDGE_SIGNATURE` unless one of the keys has signed the data */
export async function verifyDetached(data: Page, signature: Page, keys: readonly Key[]): Promise<Signed> {
  const { createMessage, readSignature, verify } = await import('openpgp')
  try {
    const armoured = signature.text.includes('-----BEGIN PGP SIGNATURE-----')
    const { signatures } = await verify({
      message: await createMessage({ binary: data.bytes }),
      signature: armoured
        ? await readSignature({ armoredSignature: signature.text })
        : await readSignature({ binarySignature: signature.bytes }),
      verificationKeys: [...keys],
    })
    return { fingerprint: await signerOf(signatures, keys), text: data.text }
  } catch (error) {
    throw unsigned(data.url, error)
  }
}

/**
 * Gives what is signed of a text that carries its signature, without anything around it.
 *
 * @throws EnvironmentError `ERR_FLEDGE_SIGNATURE` unless one of the keys has signed it
 */
export async function verifyClearsigned({ url, text }: Page, keys: readonly Key[]): Promise<Signed> {
  const { readCleartextMessage, verify } = await import('openpgp')
  try {
    const message = await readCleartextMessage({ cleartextMessage: text })
    const { signatures, data } = await verify({ message, verificationKeys: [...keys] })
    return { fingerprint: await signerOf(signatures, keys), text: data }
  } catch (error) {
    throw unsigned(url, error)
  }
}

/** The key of the first signature that holds, by a key that holds today: a stolen one can sign for any day before it expired. */
async function signerOf(
  signatures: VerifyMessageResult['signatures'],
  keys: readonly Key[],
): Promise<string> {
  const faults: unknown[] = []
  for (const { keyID, verified } of signatures) {
    try {
      await verified
      const key = keys.find((each) => each.getKeys(keyID).length > 0)
      await key?.getSigningKey(keyID)
      if (key !== undefined) return fingerprintOf(key)
    } catch (error) {
      faults.push(error)
    }
  }
  throw faults[0] ?? new Error('there is no signature')
}

function unsigned(url: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return signatureFault(`The signature of ${url} does not hold: ${reason}`, cause)
}

function fingerprintOf(key: Key): string {
  return key.getFingerprint().toUpperCase()
}
