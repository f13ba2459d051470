import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'
import { readSignature } from 'openpgp'

import { checkLeaks } from '../../../fixtures/leaks.ts'
import {
  readKeyring,
  verifyClearsigned,
  verifyDetached,
} from '../../../../src/image/catalog/updates/openpgp.ts'
import type { Page } from '../../../../src/image/catalog/updates/read-page.ts'
import { clearsign, daysAgo, makeKey, signDetached } from './keys.ts'

const text = '# a.img: 5 bytes\n- dashed\nSHA256 (a.img) = 00\n'

function page(content: string | Uint8Array, url = 'https://x.example.org/SUMS'): Page {
  const bytes = Buffer.from(content)
  return { url, bytes, text: new TextDecoder().decode(bytes) }
}

async function expectRefusal(verified: Promise<unknown>, message: string): Promise<void> {
  await expect(verified).rejects.toMatchObject({
    code: 'ERR_FLEDGE_SIGNATURE',
    message: expect.stringContaining(message),
    hint: expect.any(String),
  })
}

test('a detached signature holds, armoured or not, and names the key', async () => {
  const key = await makeKey()
  const keys = await readKeyring(page(key.armoured))
  const armoured = await signDetached(text, key)
  const binary = (await readSignature({ armoredSignature: armoured })).write()
  for (const signature of [armoured, binary]) {
    expect(await verifyDetached(page(text), page(signature), keys)).toEqual({
      fingerprint: key.fingerprint,
      text,
    })
  }
})

test('a clearsigned text holds, and is given as it was signed, without what is around it', async () => {
  const key = await makeKey()
  const signed = await clearsign(text, key)
  const keys = await readKeyring(page(key.armoured))
  const around = page(`SHA256 (a.img) = before\n${signed}\nSHA256 (a.img) = after\n`)
  for (const each of [page(signed), around]) {
    expect(await verifyClearsigned(each, keys)).toEqual({ fingerprint: key.fingerprint, text })
  }
})

test('a signature by a subkey names the primary key', async () => {
  const key = await makeKey({ signingSubkey: true })
  const signature = await signDetached(text, key)
  const { issuerKeyID } = (await readSignature({ armoredSignature: signature })).packets[0] ?? {}
  expect(key.fingerprint).not.toContain(issuerKeyID?.toHex().toUpperCase())
  const keys = await readKeyring(page(key.armoured), key.fingerprint)
  expect((await verifyDetached(page(text), page(signature), keys)).fingerprint).toBe(key.fingerprint)
})

test('no signature holds that is not of this text, by this key, today', async () => {
  const [key, other, expired] = await Promise.all([makeKey(), makeKey(), makeKey({ expiredDays: 5 })])
  const keys = await readKeyring(page(key.armoured))
  const ofExpired = await readKeyring(page(expired.armoured))
  const good = await signDetached(text, key)
  const verify = async (data: string, signature: string | Uint8Array, by = keys): Promise<unknown> =>
    verifyDetached(page(data), page(signature), by)
  await expectRefusal(verify(`${text}x`, good), 'SUMS does not hold: Signed digest did not match')
  await expectRefusal(verify(text, await signDetached('else', key)), 'digest did not match')
  await expectRefusal(verify(text, await signDetached(text, other)), 'Could not find signing key')
  await expectRefusal(verify(text, await signDetached(text, key, daysAgo(-2))), 'in the future')
  // It was a key on the day of the signature, as a thief could write it too.
  const before = await signDetached(text, expired, daysAgo(100))
  await expectRefusal(verify(text, before, ofExpired), 'Primary key is expired')
  await expectRefusal(verify(text, ''), 'does not hold')
  await expectRefusal(verify(text, '<html>Not found</html>'), 'does not hold')
  await expectRefusal(verify(text, good.replace(/\n\n(.{20})/, '\n\n')), 'does not hold')
})

test('no clearsigned text holds that was changed, is signed by another key, or is not signed', async () => {
  const [key, other] = await Promise.all([makeKey(), makeKey()])
  const keys = await readKeyring(page(key.armoured))
  const signed = await clearsign(text, key)
  await expectRefusal(verifyClearsigned(page(signed.replace('= 00', '= 01')), keys), 'digest did not match')
  await expectRefusal(
    verifyClearsigned(page(await clearsign(text, other)), keys),
    'Could not find signing key',
  )
  await expectRefusal(verifyClearsigned(page(text), keys), 'does not hold')
})

test('of several signatures one by the key is enough', async () => {
  const [key, other] = await Promise.all([makeKey(), makeKey()])
  const both = await Promise.all(
    [other, key].map(async (each) =>
      (await readSignature({ armoredSignature: await signDetached(text, each) })).write(),
    ),
  )
  const keys = await readKeyring(page(key.armoured))
  const signed = await verifyDetached(page(text), page(Buffer.concat(both)), keys)
  expect(signed.fingerprint).toBe(key.fingerprint)
})

async function fingerprints(content: string | Uint8Array, pinned?: string): Promise<string[]> {
  return (await readKeyring(page(content), pinned)).map((each) => each.getFingerprint().toUpperCase())
}

test('readKeyring() finds the pinned key among others, armoured or not, in a page too', async () => {
  const [key, other] = await Promise.all([makeKey(), makeKey()])
  const broken = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n'
  for (const content of [
    `${other.armoured}${key.armoured}`,
    `${broken}${key.armoured}${other.armoured}`,
    `<html><pre>\n${other.armoured}${key.armoured}</pre></html>`,
    Buffer.concat([other.public.write(), key.public.write()]),
  ]) {
    expect(await fingerprints(content, key.fingerprint)).toEqual([key.fingerprint])
    expect((await fingerprints(content)).toSorted()).toEqual([key.fingerprint, other.fingerprint].toSorted())
  }
  const url = 'https://x.example.org/SUMS'
  await expectRefusal(
    fingerprints(other.armoured, key.fingerprint),
    `The key at ${url} is another than the catalog knows: ${other.fingerprint} instead of ${key.fingerprint}`,
  )
  await expectRefusal(fingerprints(broken), `no OpenPGP key at ${url}`)
  await expectRefusal(fingerprints('<html>'), `no OpenPGP key at ${url}`)
})

const fingerprintOfGnupg = 'AB7EFDEE55880C35F4C6DC93559A82D6875748B6'

function file(name: string): Page {
  return page(readFileSync(join(import.meta.dirname, 'gnupg', name)))
}

test('keys and signatures of GnuPG are understood, and one that has expired is not taken', async () => {
  const keys = await readKeyring(file('key.asc'), fingerprintOfGnupg)
  const sums = file('SUMS')
  const signed = { fingerprint: fingerprintOfGnupg, text: sums.text }
  expect(await verifyDetached(sums, file('SUMS.gpg'), keys)).toEqual(signed)
  // The last line end is not signed.
  const clear = { ...signed, text: sums.text.trimEnd() }
  expect(await verifyClearsigned(file('SUMS.clearsigned'), keys)).toEqual(clear)
  await expectRefusal(verifyDetached(sums, file('SUMS.expired.asc'), keys), 'Signature is expired')
})

checkLeaks()
