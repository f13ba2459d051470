import { open, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { Machine } from '../../../src/machine/machine.ts'
import { OwnedMachine } from '../../../src/owner/owned-machine.ts'
import type { Picture } from '../../../src/screen/picture.ts'
import { pngOf } from '../screen/console-picture.ts'
import { test as inFolder } from '../test-in-folder.ts'

/** QMP on descriptor 3: it writes the file `screen.png` or `screen.ppm` where it is asked to, and what is pressed into the file `pressed`. */
const qemu = `
const { appendFileSync, copyFileSync } = require('node:fs')
const [folder] = process.argv.slice(1)
const port = new (require('node:net').Socket)({ fd: 3 })
const say = (message) => port.write(JSON.stringify(message) + '\\n')
say({ QMP: { version: {}, capabilities: [] } })
require('node:readline').createInterface(port).on('line', (line) => {
  const { execute, arguments: given, id } = JSON.parse(line)
  if (execute === 'screendump') copyFileSync(folder + '/screen.' + given.format, given.filename)
  if (execute === 'input-send-event') {
    const events = given.events.map(({ data }) => (data.down ? '+' : '-') + data.key.data)
    appendFileSync(folder + '/pressed', events.join(' ') + '\\n')
  }
  say({ return: {}, id })
})`

/** A machine without a guest, but with a screen and a keyboard. */
export interface MachineWithScreen {
  readonly vm: Machine
  readonly show: (picture: Picture) => Promise<void>
  /** A line for each command that was sent: `+` for a key that goes down, `-` for one that comes up. */
  readonly pressed: () => Promise<string[]>
}

/** Tests whose machine is a program that speaks QMP. */
export const test = inFolder.extend<{ machine: MachineWithScreen }>({
  machine: async ({ folder }, use) => {
    await using overlay = await open(join(folder, 'overlay'), 'w+')
    const path = process.execPath
    const owned = new OwnedMachine({
      name: 'web',
      path,
      args: ['-e', qemu, folder],
      overlay: overlay.fd,
      diskFolder: folder,
    })
    await owned.qmp.connect()
    const facts = { image: 'none', accelerator: 'kvm', identity: 'none', mac: 'none' } as const
    await use({
      vm: new Machine(owned, { ...facts, hooks: {}, channel: owned.channel }),
      show: async (picture) => {
        await replace(join(folder, 'screen.png'), pngOf(picture))
        await replace(join(folder, 'screen.ppm'), ppmOf(picture))
      },
      pressed: async () =>
        (await readFile(join(folder, 'pressed'), 'utf8').catch(() => '')).split('\n').slice(0, -1),
    })
    await owned.kill()
  },
})

function ppmOf({ width, height, rgb }: Picture): Buffer {
  return Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), rgb])
}

/** At no time is a part of it there. */
async function replace(path: string, bytes: Buffer): Promise<void> {
  await writeFile(`${path}.next`, bytes)
  await rename(`${path}.next`, path)
}

export { expect } from '@playwright/test'
