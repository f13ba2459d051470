import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'

import ssh2, { type Connection, type ParsedKey } from 'ssh2'

import { makeKeyPair } from '../../../../src/channel/ssh/make-key-pair.ts'
import type { SshAccess } from '../../../../src/channel/ssh/ssh-access.ts'

const { Server, utils } = ssh2

/** An SSH server in this process, which runs commands on this host as itself. */
export interface LocalSshServer extends AsyncDisposable {
  readonly access: SshAccess
  /** Another key, which it does not know. */
  readonly wrongKey: string
  /** How many connections there were. */
  readonly connections: number
  /** Cuts all connections, as a guest does that is reset. */
  cut(): void
}

/** Starts one. What its login shell says first can be chosen. */
export async function localSshServer(greeting = ''): Promise<LocalSshServer> {
  const [host, user, wrong] = await Promise.all([makeKeyPair(), makeKeyPair(), makeKeyPair()])
  const allowed = utils.parseKey(user.publicKey) as ParsedKey
  const hostKey = createHash('sha256')
    .update((utils.parseKey(host.publicKey) as ParsedKey).getPublicSSH())
    .digest('hex')
  const clients = new Set<Connection>()
  let connections = 0
  const server = new Server({ hostKeys: [host.privateKey] }, (client) => {
    connections++
    clients.add(client)
    client.on('close', () => clients.delete(client)).on('error', () => {})
    client.on('authentication', (context) => {
      const isKey =
        context.method === 'publickey' &&
        context.key.data.equals(allowed.getPublicSSH()) &&
        (!context.signature ||
          allowed.verify(context.blob ?? Buffer.alloc(0), context.signature, context.hashAlgo))
      if (isKey || (context.method === 'password' && context.password === 'secret')) context.accept()
      else context.reject(['publickey', 'password'])
    })
    client.on('session', (accept) => {
      accept().on('exec', (acceptExec, _reject, { command }) => {
        const channel = acceptExec()
        const child = spawn('sh', ['-c', `${greeting}${command}`], { detached: true })
        channel.pipe(child.stdin.on('error', () => {}))
        child.stdout.on('data', (bytes: Buffer) => {
          if (!channel.write(bytes)) child.stdout.pause()
        })
        channel.on('drain', () => child.stdout.resume())
        child.stderr.on('data', (bytes: Buffer) => channel.stderr.write(bytes))
        // As OpenSSH: how it ended at once, the end of the channel when its streams have ended.
        child.on('exit', (code, signal) => {
          if (code === null) channel.exit((signal ?? '').slice(3), false, '')
          else channel.exit(code)
        })
        child.on('close', () => channel.end())
      })
    })
    client.on('tcpip', (accept, reject, { destIP, destPort }) => {
      const socket = connect(destPort, destIP)
      socket.once('connect', () => {
        const channel = accept()
        channel.pipe(socket).pipe(channel)
      })
      socket.once('error', () => reject())
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    access: { port, user: 'root', privateKey: user.privateKey, hostKey },
    wrongKey: wrong.privateKey,
    get connections() {
      return connections
    },
    cut: () => {
      for (const client of clients) client.end()
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.end()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}
