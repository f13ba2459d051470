import type { UpdateSource } from '../catalog-entry.ts'
import type { Candidate } from './candidate.ts'
import { readKeyring, type Signed, verifyClearsigned, verifyDetached } from './openpgp.ts'
import type { Page } from './read-page.ts'
import type { Web } from './web.ts'

/** What speaks for a build. */
export interface Vouched {
  /** `signature of FINGERPRINT`, of a key that the catalog knows, or `digest over HTTPS`. */
  readonly verifiedBy: string
  /** Why it is no more than that, where there is more to know. */
  readonly remark?: string
}

const overHttps = 'digest over HTTPS'

/**
 * Checks the signature of a checksum file, and gives the text that counts. One that does not hold is an error, whether the
 * catalog knows the key's fingerprint or not; a key that it does not know vouches for nothing.
 *
 * @throws EnvironmentError `ERR_FLEDGE_SIGNATURE`
 */
export async function vouch(
  source: UpdateSource,
  candidate: Candidate,
  checksums: Page | undefined,
  web: Web,
): Promise<Vouched & { readonly text: string }> {
  const { signingKey, fingerprint } = source
  const text = checksums?.text ?? ''
  if (signingKey === undefined) {
    const remark = 'it is signed, and the catalog has no address of the key'
    return { text, verifiedBy: overHttps, ...(fingerprint === undefined ? {} : { remark }) }
  }
  if (candidate.signature === 'image') {
    return {
      text,
      verifiedBy: overHttps,
      remark: 'only the image itself is signed, and it is not downloaded for this',
    }
  }
  if (checksums === undefined || candidate.signature === undefined) {
    return { text, verifiedBy: overHttps, remark: 'nothing that is signed is known' }
  }
  const keys = await readKeyring(await web.read(signingKey), fingerprint)
  const signed: Signed =
    candidate.signature === 'clearsigned'
      ? await verifyClearsigned(checksums, keys)
      : await verifyDetached(checksums, await web.read(candidate.signature.detached), keys)
  if (fingerprint !== undefined) {
    return { text: signed.text, verifiedBy: `signature of ${signed.fingerprint}` }
  }
  return {
    text: signed.text,
    verifiedBy: overHttps,
    remark: `signed by ${signed.fingerprint}, which the catalog does not know`,
  }
}
