import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { checkLeaks } from '../fixtures/leaks.ts'
import { launch } from '../../src/index.ts'
import { expect, image, test } from '../fixtures/machine.ts'

const serve =
  'python3 -V >/dev/null 2>&1 || true; perl -MIO::Socket::INET -e \'$s = IO::Socket::INET->new(LocalPort => 8080, Listen => 5, ReuseAddr => 1) or die; while ($c = $s->accept) { sysread $c, $_, 4096; print $c "HTTP/1.0 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nhello"; close $c }\' >/dev/null 2>&1 &'

test('a forwarded port leads from 127.0.0.1 into the guest', async ({ vm }) => {
  await vm.succeed(serve)
  await vm.waitForOpenPort(8080)
  const port = await vm.forwardPort(8080)
  const response = await fetch(`http://127.0.0.1:${port}/`)
  expect(await response.text()).toBe('hello')
  const other = await vm.forwardPort(8080)
  expect(other).not.toBe(port)
})

const echo =
  'perl -MIO::Socket::INET -e \'$s = IO::Socket::INET->new(LocalPort => 9000, Proto => "udp") or die; while (defined $s->recv($b, 1000)) { $s->send("echo of $b") }\' >/dev/null 2>&1 &'

test('a forwarded UDP port leads from 127.0.0.1 into the guest', async ({ vm }) => {
  await vm.succeed(echo)
  await vm.waitUntilSucceeds("ss -Hlun 'sport = :9000' | grep -q . || grep -qi :2328 /proc/net/udp")
  const port = await vm.forwardPort(9000, { protocol: 'udp' })
  const socket = createSocket('udp4')
  try {
    const answered = once(socket, 'message')
    // The network between may lose one.
    const again = setInterval(() => socket.send('hello', port, '127.0.0.1'), 500)
    const [bytes] = (await answered.finally(() => clearInterval(again))) as [Buffer]
    expect(String(bytes)).toBe('echo of hello')
  } finally {
    socket.close()
  }
  expect(await vm.forwardPort(9000, { protocol: 'tcp' })).toBeGreaterThan(0)
})

test('block pulls the cable of any network card, and unblock puts it back', async ({ vm }) => {
  const carrier = async (nic: number, state: 0 | 1): Promise<void> => {
    const mac = nic === 0 ? vm.mac : `52:54:00:fe:d6:0${nic}`
    const file = `$(dirname $(grep -l ${mac} /sys/class/net/*/address))`
    await vm.succeed(`ip link set "$(basename "${file}")" up`)
    await vm.waitUntilSucceeds(`[ $(cat "${file}/carrier") = ${state} ]`, { timeoutMs: 60_000 })
  }
  const server = createServer((_, response) => response.end('from the host')).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const connect = (seconds: number): string =>
    `timeout ${seconds} bash -c 'exec 3<>/dev/tcp/10.0.2.2/${port}'`
  try {
    await vm.succeed(connect(60))
    await vm.block()
    await carrier(0, 0)
    await vm.fail(connect(2))
    await vm.unblock()
    await carrier(0, 1)
    await vm.waitUntilSucceeds(connect(20), { timeoutMs: 120_000 })
    for (const nic of [1, 3]) {
      await vm.block({ nic })
      await carrier(nic, 0)
      await vm.unblock({ nic })
      await carrier(nic, 1)
    }
    await vm.succeed(connect(60))
  } finally {
    server.close()
  }
})

test('a port that is taken cannot be forwarded', async ({ vm }) => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await expect(vm.forwardPort(80, { hostPort: port })).rejects.toMatchObject({ code: 'ERR_FLEDGE_QEMU' })
  await expect(vm.forwardPort(70_000)).rejects.toMatchObject({ code: 'ERR_FLEDGE_OPTION' })
  server.close()
})

test('network none reaches nothing of the host, network user does', async () => {
  const server = createServer((_, response) => response.end('from the host')).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const ask = `timeout 20 bash -c 'exec 3<>/dev/tcp/10.0.2.2/${port}; printf "GET / HTTP/1.0\\r\\n\\r\\n" >&3; cat <&3'`
  try {
    await using open = await launch(image)
    expect((await open.succeed(ask)).stdout).toContain('from the host')
    await using sealed = await launch(image, { network: 'none' })
    await sealed.fail(ask.replace('timeout 20', 'timeout 5'))
  } finally {
    server.close()
  }
})

checkLeaks()
