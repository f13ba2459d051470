/** How to get into a guest that has an SSH server. */
export interface SshAccess {
  /** Of 127.0.0.1: one that leads to the guest's SSH server. */
  readonly port: number
  /** Who logs in. Everybody but `root` has to be able to become root, by `sudo -n` or `doas -n`. */
  readonly user: string
  /** In OpenSSH's or PEM format, without a passphrase. */
  readonly privateKey?: string
  readonly password?: string
  /**
   * The SHA-256 digest of the server's public key, in hex, where that is known. Where it is not, any key will do: the
   * server is a machine of ours, behind a port of 127.0.0.1 that QEMU itself opened.
   */
  readonly hostKey?: string
}
