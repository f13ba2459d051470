import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { displayOf } from '../../../src/machine/display-of.ts'
import { test as base } from '../test-in-folder.ts'

/** A program that says what windows it has, and a desktop or none. */
const test = base.extend<{ desktop: (value: string) => void; qemu: (kinds: string) => Promise<string> }>({
  desktop: async ({}, use) => {
    const { DISPLAY, WAYLAND_DISPLAY } = process.env
    await use((value) => Object.assign(process.env, { DISPLAY: value, WAYLAND_DISPLAY: '' }))
    for (const [name, value] of Object.entries({ DISPLAY, WAYLAND_DISPLAY })) {
      if (value === undefined) Reflect.deleteProperty(process.env, name)
      else process.env[name] = value
    }
  },
  qemu: async ({ folder }, use) => {
    await use(async (kinds) => {
      const path = join(folder, 'qemu')
      await writeFile(path, `#!/bin/sh\nprintf 'Available display backend types:\\nnone\\n${kinds}'\n`)
      await chmod(path, 0o755)
      return path
    })
  },
})

test('displayOf() takes a window that there is, and no desktop for none', async ({ desktop, qemu }) => {
  desktop(':0')
  expect(await displayOf('window', await qemu('sdl\\ngtk\\n'))).toEqual({ window: 'gtk' })
  expect(await displayOf('window', await qemu('sdl\\n'))).toEqual({ window: 'sdl' })
  await expect(displayOf('window', await qemu('curses\\n'))).rejects.toMatchObject({
    code: 'ERR_FLEDGE_TOOL_MISSING',
    message: expect.stringContaining('this QEMU has no windows'),
    hint: expect.stringContaining('qemu-system-gui'),
  })
  desktop('')
  await expect(displayOf('window', await qemu('gtk\\n'))).rejects.toMatchObject({
    message: expect.stringContaining('there is no desktop'),
  })
})

test('displayOf() makes the path of a socket absolute', async ({ qemu }) => {
  expect(await displayOf({ vnc: 'a/vnc' }, await qemu(''))).toEqual({ vnc: join(process.cwd(), 'a/vnc') })
})

checkLeaks()
