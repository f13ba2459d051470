import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { spawn, spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { AgentChannel } from '../../../src/channel/agent-channel.ts'
import { FrameDecoder } from '../../../src/channel/frame-decoder.ts'
import { encodeHeader, type Frame } from '../../../src/channel/frame.ts'
import {
  agentBinary,
  builds,
  eventually,
  isAlive,
  run,
  script,
  startAgent,
  whyNotHere,
} from './running-agent.ts'

const skip = whyNotHere()
test.skip(skip !== undefined, skip)

for (const build of builds) {
  test.describe(build, () => {
    test('probe finds what listens', async () => {
      await using agent = await startAgent(build)
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      const folder = await mkdtemp(join(tmpdir(), 'fledge-probe-'))
      const path = join(folder, 'socket')
      const local = createServer().listen(path)
      await once(local, 'listening')
      const tcp = (address: string, to = port) => agent.channel.probe({ kind: 'tcp', address, port: to })
      expect(await tcp('127.0.0.1')).toEqual({ open: true })
      expect(await tcp('localhost')).toEqual({ open: true })
      expect((await tcp('::1')).open).toBe(false)
      await expect(tcp('example.org')).rejects.toThrow('not an address: example.org (EINVAL)')
      expect(await agent.channel.probe({ kind: 'stream', address: path })).toEqual({ open: true })
      expect(await agent.channel.probe({ kind: 'datagram', address: path })).toEqual({
        open: false,
        reason: 'EPROTOTYPE',
      })
      server.close()
      local.close()
      expect(await tcp('localhost')).toMatchObject({ open: false })
      expect(await agent.channel.probe({ kind: 'stream', address: path })).toEqual({
        open: false,
        reason: 'ENOENT',
      })
      await rm(folder, { recursive: true })
    })

    test('stat follows links, and a missing file is undefined', async () => {
      await using agent = await startAgent(build)
      const folder = await mkdtemp(join(tmpdir(), 'fledge-stat-'))
      await writeFile(join(folder, 'file'), 'abc')
      await chmod(join(folder, 'file'), 0o640)
      await symlink('file', join(folder, 'link'))
      const stat = await agent.channel.stat(join(folder, 'link'))
      expect(stat).toMatchObject({
        mode: 0o100640,
        size: 3,
        uid: 0,
        gid: 0,
        isFile: true,
        isDirectory: false,
      })
      expect(Math.abs((stat?.mtimeMs ?? 0) - Date.now())).toBeLessThan(60_000)
      expect(await agent.channel.stat(join(folder, 'none'))).toBeUndefined()
      await expect(agent.channel.stat(join(folder, 'file/x'))).rejects.toThrow('ENOTDIR')
      await rm(folder, { recursive: true })
    })

    test('refused requests say why', async () => {
      await using agent = await startAgent(build)
      await expect(agent.channel.setHostname('a.b')).rejects.toThrow('not a hostname: a.b (EINVAL)')
      await expect(agent.channel.setHostname('x'.repeat(64))).rejects.toThrow('EINVAL')
      await expect(agent.channel.reseed(Buffer.alloc(513))).rejects.toThrow('malformed request (EINVAL)')
      await expect(agent.channel.setAddress('02:00:00:00:00:99', '02:00:00:00:00:98')).rejects.toThrow(
        'ENODEV',
      )
      // Before 1970: the kernel refuses it, so that this host's clock stays.
      await expect(agent.channel.setClock(-10_000)).rejects.toThrow('cannot set the clock (EINVAL)')
    })

    test('hostname, mount and address work in namespaces of their own', async () => {
      const unshare = spawnSync('unshare', ['-m', '-u', '-n', 'ip', 'link', 'add', 'd0', 'type', 'bridge'])
      test.skip(unshare.status !== 0, `unshare or bridges do not work here: ${unshare.stderr.toString()}`)
      const setUp =
        'mount -t tmpfs none /mnt; printf "127.0.0.1 localhost\\n127.0.1.1 old\\n::1 six\\n127.0.1.1 older" >/mnt/hosts; ' +
        'echo a-longer-name-than-the-new >/mnt/hostname; mount --bind /mnt/hosts /etc/hosts; ' +
        '[ -e /etc/hostname ] && mount --bind /mnt/hostname /etc/hostname; ' +
        'ip link add d0 address 02:00:00:00:00:01 type bridge; ip link set d0 up; exec "$0" "$@"'
      await using agent = await startAgent(build, ['unshare', '-m', '-u', '-n', 'sh', '-c', setUp])
      await agent.channel.setHostname('web-1')
      await agent.channel.setAddress('02:00:00:00:00:01', '02:00:00:00:00:02')
      await agent.channel.mount({
        source: 'none',
        target: '/mnt/a/b',
        type: 'tmpfs',
        data: 'size=1m',
        folders: ['/mnt/a/b/c/d', '/mnt/e'],
      })
      const { stdout } = await run(
        agent.channel,
        script(
          'uname -n; cat /etc/hostname /etc/hosts; ip -br link show d0; stat -fc %T /mnt/a/b; ls -d /mnt/a/b/c/d /mnt/e',
        ),
      )
      expect(stdout.toString()).toMatch(
        /^web-1\nweb-1\n127.0.0.1 localhost\n127.0.1.1\tweb-1\n::1 six\nd0 +\S+ +02:00:00:00:00:02 .*\ntmpfs\n\/mnt\/a\/b\/c\/d\n\/mnt\/e\n$/,
      )
      await expect(agent.channel.mount({ source: 'x', target: '/mnt/f', type: 'nope' })).rejects.toThrow(
        'cannot mount on /mnt/f (ENODEV)',
      )
    })

    test('hello: the identity follows the generation, the memory nonce stays, calls are detached', async () => {
      await using agent = await startAgent(build)
      const one = await agent.channel.hello(Buffer.alloc(16, 1))
      const folder = await mkdtemp(join(tmpdir(), 'fledge-detached-'))
      // More than its windows hold: it gets to its last line only when it is detached.
      const text = `cat; head -c 5000000 /dev/zero; touch ${folder}/done; sleep 30; true`
      const call = await agent.channel.exec(script(text, { stdin: true }))
      const two = await agent.channel.hello(Buffer.alloc(16, 1))
      await expect(call.exited).rejects.toMatchObject({ code: 'ERR_FLEDGE_AGENT_LOST' })
      const three = await agent.channel.hello(Buffer.alloc(16, 2))
      expect(two).toEqual(one)
      expect(three.memoryNonce).toBe(one.memoryNonce)
      expect(three.identity).not.toBe(one.identity)
      expect(three.identity).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      await eventually('the detached command goes on', () => existsSync(join(folder, 'done')))
      expect(isAlive(call.pid)).toBe(true)
      await rm(folder, { recursive: true })
      process.kill(-call.pid, 'SIGKILL')
    })

    test('unknown requests are ENOSYS, malformed ones EINVAL, garbage is passed over up to a HELLO', async () => {
      const agent = spawn(agentBinary(build), ['--fd', '3'], {
        stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
      })
      const port = agent.stdio[3] as Socket
      const decoder = new FrameDecoder()
      const frames: Frame[] = []
      port.on('data', (bytes: Buffer) => frames.push(...decoder.push(bytes)))
      const send = (type: number, id: number, payload = Buffer.alloc(0)): boolean =>
        port.write(Buffer.concat([encodeHeader(type, id, payload.length), payload]))
      send(0x7f, 1)
      send(0x09, 2, Buffer.of(9, 0, 0, 0, 65))
      send(0x09, 3, Buffer.of(2, 0, 0, 0, 65, 0))
      send(0x10, 4, Buffer.alloc(40, 0xff))
      await eventually('the bad ones are answered', () => frames.length === 4)
      // One without what has to be in it, which stands in the buffer still from the one before.
      send(0x02, 8, Buffer.of(1, 0, 0, 0, 0x2f))
      await eventually('the echo is there', () => frames.length === 5)
      send(0x09, 9)
      await eventually('the short one is answered', () => frames.length === 6)
      port.write('garbage that is long enough')
      send(0x02, 5)
      send(0x01, 6, Buffer.alloc(32))
      send(0x02, 7, Buffer.from('hi'))
      await eventually('all is answered', () => frames.length === 8)
      expect(
        frames.map(({ id, type, payload }) => [id, type, type === 0x80 ? payload.readUInt32LE() : 0]),
      ).toEqual([
        [1, 0x80, 38],
        [2, 0x80, 22],
        [3, 0x80, 22],
        [4, 0x80, 22],
        [8, 0x82, 0],
        [9, 0x80, 22],
        [6, 0x81, 0],
        [7, 0x82, 0],
      ])
      expect(frames[7]?.payload.toString()).toBe('hi')
      port.destroy()
      expect(await once(agent, 'exit')).toEqual([0, null])
    })

    test('a host that goes away and comes back finds the agent, and its commands running', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'fledge-port-'))
      const server = createServer().listen(join(folder, 'port'))
      const agent = spawn(agentBinary(build), ['--port', join(folder, 'port')], {
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      await using _ended = { [Symbol.asyncDispose]: async () => void agent.kill('SIGKILL') }
      const [first] = (await once(server, 'connection')) as [Socket]
      const channel = new AgentChannel(first)
      const one = await channel.hello(Buffer.alloc(16, 1))
      const call = await channel.exec(script('yes & sleep 30; true'))
      first.write(encodeHeader(0x10, 99, 1000)) // half a frame
      channel.close()
      const [second] = (await once(server, 'connection')) as [Socket]
      const again = new AgentChannel(second)
      expect(await again.hello(Buffer.alloc(16, 1))).toEqual(one)
      expect(isAlive(call.pid)).toBe(true)
      expect((await run(again, { argv: ['echo', 'back'] })).stdout.toString()).toBe('back\n')
      process.kill(-call.pid, 'SIGKILL')
      agent.kill('SIGTERM')
      expect(await once(agent, 'exit')).toEqual([0, null])
      again.close()
      server.close()
      await rm(folder, { recursive: true })
    })
  })
}

checkLeaks()
