import {
  createCleartextMessage,
  createMessage,
  generateKey,
  type PrivateKey,
  type PublicKey,
  sign,
} from 'openpgp'

const day = 86_400_000

/** A key of a distribution, which is there for a year. */
export interface TestKey {
  readonly secret: PrivateKey
  readonly public: PublicKey
  readonly armoured: string
  readonly fingerprint: string
}

/** Some days before now. */
export function daysAgo(days: number): Date {
  return new Date(Date.now() - days * day)
}

/** @param options.expiredDays since when it is no key any more */
export async function makeKey(
  options: { expiredDays?: number; signingSubkey?: boolean } = {},
): Promise<TestKey> {
  const { expiredDays, signingSubkey = false } = options
  const { privateKey, publicKey } = await generateKey({
    userIDs: [{ name: 'Test', email: 'test@example.org' }],
    date: daysAgo(365),
    format: 'object',
    ...(expiredDays === undefined ? {} : { keyExpirationTime: (365 - expiredDays) * 86_400 }),
    ...(signingSubkey ? { subkeys: [{ sign: true }] } : {}),
  })
  return {
    secret: privateKey,
    public: publicKey,
    armoured: publicKey.armor(),
    fingerprint: publicKey.getFingerprint().toUpperCase(),
  }
}

export async function signDetached(
  text: string,
  { secret }: TestKey,
  date: Date = daysAgo(100),
): Promise<string> {
  const message = await createMessage({ binary: Buffer.from(text) })
  return sign({ message, signingKeys: secret, detached: true, date })
}

export async function clearsign(
  text: string,
  { secret }: TestKey,
  date: Date = daysAgo(100),
): Promise<string> {
  return sign({ message: await createCleartextMessage({ text }), signingKeys: secret, date })
}
