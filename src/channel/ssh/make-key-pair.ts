/** A key pair of Ed25519, as OpenSSH has it. */
export interface KeyPair {
  readonly privateKey: string
  /** A line of `authorized_keys`. */
  readonly publicKey: string
}

/** Makes one for the machines of one image. */
export async function makeKeyPair(): Promise<KeyPair> {
  const { default: ssh2 } = await import('ssh2')
  const { utils } = ssh2
  for (;;) {
    const pair = utils.generateKeyPairSync('ed25519', { comment: 'fledge' })
    // Some of those that ssh2 1.17 writes it cannot read.
    if (utils.parseKey(pair.private) instanceof Error) continue
    return { privateKey: pair.private, publicKey: pair.public }
  }
}
