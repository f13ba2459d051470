import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { dirname } from 'node:path'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../fixtures/leaks.ts'
import { image, prepareImage } from './run-fledge.ts'
import { inTerminal } from './terminal.ts'

prepareImage()
test.slow()

test('fledge shell --serial has the serial console: what was written, what is, and keys; "~." leaves it', async () => {
  await using shell = inTerminal(['shell', image, '--serial'])
  await shell.until(/fledge: this is its serial console; Enter, then "~\." leaves it/)
  // The kernel wrote that while the machine was cloned.
  await shell.until(/crng reseeded/)
  await shell.until(/root@debian-13-minimal-\w+:~# /)
  shell.type('tty; echo to-the-kernel > /dev/kmsg; dmesg -n 8; echo "<1>loud" > /dev/kmsg\r')
  await shell.until(/\/dev\/ttyS0\r\n/)
  await shell.until(/\] loud\r\n/)
  // Ctrl-C is the guest's; a session that ends is followed by another.
  shell.type('sleep 1000\r')
  await shell.until(/sleep 1000\r\n/)
  shell.type('\u0003')
  await shell.until(/# /)
  shell.type('exit\r')
  await shell.until(/logout[^]*# /)
  shell.type('\r~.')
  expect(await shell.ended).toBe(0)
  expect(shell.shown).toContain('\u001B[?1049l')
})

test('fledge shell --serial ends with its machine', async () => {
  await using shell = inTerminal(['shell', image, '--serial'])
  await shell.until(/# $/)
  shell.type('poweroff -f\r')
  expect(await shell.ended).toBe(0)
})

test('fledge shell --display shows the screen on a VNC socket that only its user can reach, and removes it', async () => {
  await using shell = inTerminal(['shell', image, '--display'], { DISPLAY: '', WAYLAND_DISPLAY: '' })
  const [, path = ''] = /VNC socket (\S+);/.exec(await shell.until(/VNC socket \S+; "vncviewer/)) ?? []
  expect((await stat(dirname(path))).mode & 0o777).toBe(0o700)
  await shell.until(/# $/)
  // The text console, which was there before the machine was frozen.
  const screen = await look(path)
  expect(screen).toMatchObject({ version: 'RFB 003.008\n', width: 1280, height: 800 })
  expect(new Set(screen.pixels).size).toBeGreaterThan(1)
  shell.type('exit\r')
  expect(await shell.ended).toBe(0)
  expect(existsSync(dirname(path))).toBe(false)
})

/** What a viewer gets of a VNC server. Source: RFC 6143, sections 7.1 to 7.6. */
async function look(
  path: string,
): Promise<{ version: string; width: number; height: number; pixels: Buffer }> {
  const socket = connect(path)
  const read = reader(socket)
  try {
    const version = (await read(12)).toString()
    socket.write(version)
    const [count = 0] = await read(1)
    // 1 is "None".
    expect([...(await read(count))]).toContain(1)
    socket.write(Buffer.of(1))
    expect((await read(4)).readUInt32BE()).toBe(0)
    socket.write(Buffer.of(1))
    const init = await read(24)
    await read(init.readUInt32BE(20))
    const [width, height] = [init.readUInt16BE(0), init.readUInt16BE(2)]
    // Raw pixels, then all of the screen.
    socket.write(Buffer.of(2, 0, 0, 1, 0, 0, 0, 0))
    const request = Buffer.alloc(10)
    request[0] = 3
    request.writeUInt16BE(width, 6)
    request.writeUInt16BE(height, 8)
    socket.write(request)
    const update = await read(16)
    const [w, h] = [update.readUInt16BE(8), update.readUInt16BE(10)]
    const pixels = await read(w * h * ((init[4] ?? 0) / 8))
    return { version, width, height, pixels }
  } finally {
    socket.destroy()
  }
}

/** Gives the next bytes of a stream, so many as are asked for. */
function reader(socket: Socket): (length: number) => Promise<Buffer> {
  const chunks = socket.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>
  let held: Buffer = Buffer.alloc(0)
  return async (length) => {
    const parts: Buffer[] = [held]
    for (let size = held.length; size < length; size += parts.at(-1)?.length ?? 0) {
      const { value, done } = await chunks.next()
      if (done) throw new Error(`The server went away after ${size} of ${length} bytes`)
      parts.push(value)
    }
    const all = Buffer.concat(parts)
    held = all.subarray(length)
    return all.subarray(0, length)
  }
}

checkLeaks()
