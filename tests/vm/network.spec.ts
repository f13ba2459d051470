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
