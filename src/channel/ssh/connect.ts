import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Client, ConnectConfig } from 'ssh2'

import { GuestError } from '../../errors.ts'
import type { SshAccess } from './ssh-access.ts'

/** How long one try may take, from the connection to the end of the login. An emulated guest needs two seconds. */
const tryMs = 20_000
const pauseMs = 250
/** OpenSSH 9.8 refuses for a while whoever fails to log in more often than every five seconds (`PerSourcePenalties`). */
const afterRefusalMs = 7_000

const refusal = 'Cannot log in'

/** A digest of a server's key, as {@link SshAccess.hostKey} has it. */
function hostKeyDigest(key: Uint8Array): string {
  return createHash('sha256').update(key).digest('hex')
}

/** How long a server is waited for. */
export interface Patience {
  /** How long it may take to answer, at the first call and after it was away. */
  readonly limitMs: number
  /** Whether it may refuse us meanwhile, as one that does not know our key yet. Default: no. */
  readonly untilLetIn?: boolean
}

/** A connection, and which key the server has. */
export interface Connected {
  readonly client: Client
  readonly hostKey: string
}

/**
 * Connects to an SSH server that may have to start first: tries until it answers.
 *
 * @throws GuestError `ERR_FLEDGE_SSH` at once when the server refuses the login or has another key, and with what was seen last
 * when it does not answer in time
 */
export async function connect(
  access: SshAccess,
  { limitMs, untilLetIn = false, signal }: Patience & { readonly signal: AbortSignal },
): Promise<Connected> {
  // Loaded for those who use it: it takes time.
  const { default: ssh2 } = await import('ssh2')
  const until = performance.now() + limitMs
  for (;;) {
    signal.throwIfAborted()
    try {
      return await connectOnce(new ssh2.Client(), access, signal)
    } catch (error) {
      signal.throwIfAborted()
      const refused = error instanceof GuestError
      if (refused && !(untilLetIn && error.message.startsWith(refusal))) throw error
      if (performance.now() >= until) throw unreachable(error, limitMs)
      await sleep(refused ? afterRefusalMs : pauseMs, undefined, { signal }).catch(() =>
        signal.throwIfAborted(),
      )
    }
  }
}

function connectOnce(client: Client, access: SshAccess, signal: AbortSignal): Promise<Connected> {
  const { port, user, privateKey, password, hostKey } = access
  let seen = ''
  const config: ConnectConfig = {
    host: '127.0.0.1',
    port,
    username: user,
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(password === undefined ? {} : { password }),
    readyTimeout: tryMs,
    // Quick on processors without instructions for AES, as emulated ones are.
    algorithms: { cipher: { prepend: ['chacha20-poly1305@openssh.com'], append: [], remove: [] } },
    hostVerifier: (key: Buffer) => {
      seen = hostKeyDigest(key)
      return hostKey === undefined || seen === hostKey
    },
  }
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      client.destroy()
      reject(signal.reason as Error)
    }
    const forget = (): void => signal.removeEventListener('abort', abort)
    signal.addEventListener('abort', abort, { once: true })
    client.once('ready', () => {
      forget()
      resolve({ client, hostKey: seen })
    })
    // It may have more than one thing to say against it, and the first is the reason.
    client.on('error', (error) => {
      forget()
      client.destroy()
      reject(hostKey !== undefined && seen !== '' && seen !== hostKey ? otherKey() : explain(error, user))
    })
    client.once('close', () => {
      forget()
      reject(new Error('the connection was closed'))
    })
    try {
      client.connect(config)
    } catch (error) {
      forget()
      reject(explain(error as Error, user))
    }
  })
}

function explain(error: Error & { level?: string }, user: string): Error {
  const unusable = error.message.startsWith('Cannot parse privateKey')
  if (error.level !== 'client-authentication' && !unusable) return error
  return new GuestError('ERR_FLEDGE_SSH', `${refusal} as "${user}" over SSH: ${error.message}`, {
    hint: unusable
      ? 'Give the text of a private key in OpenSSH or PEM format, without a passphrase'
      : "Does the guest's SSH server let this user in with this key or password?",
    cause: error,
  })
}

function otherKey(): GuestError {
  return new GuestError(
    'ERR_FLEDGE_SSH',
    'Cannot trust the SSH server: its key is not the one that the machine had when it was prepared',
  )
}

function unreachable(error: unknown, limitMs: number): GuestError {
  const last = error instanceof Error ? error.message : String(error)
  return new GuestError(
    'ERR_FLEDGE_SSH',
    `Cannot reach the SSH server of the guest within ${Math.round(limitMs / 1000)} s: ${last}`,
    {
      cause: error,
      hint: 'Is an SSH server installed and started in the guest, on this port of its first network card?',
    },
  )
}
