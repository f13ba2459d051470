import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { launch, prepare } from '../../src/index.ts'
import { cacheFolder } from '../../src/util/cache-folder.ts'
import { ownChildren } from '../fixtures/leaks.ts'
import { expect, image, test } from '../fixtures/machine.ts'
import { wrappedQemu } from '../fixtures/wrapped-qemu.ts'
import { checkLeaks } from '../fixtures/leaks.ts'

/** A QEMU that refuses its command line where that has some option. */
function refusing(option: string): string {
  return `case " $* " in *" ${option} "*) set -- "$@" -no-such-option ;; esac`
}

/** What is left of a start that failed: processes, disks, half made templates. */
async function leftovers(): Promise<string[]> {
  const names = await Promise.all(
    ['overlays', 'templates'].map((folder) => readdir(join(cacheFolder(), folder)).catch(() => [])),
  )
  return [...(await ownChildren()), ...names.flat().filter((name) => !name.endsWith('.lock'))]
}

const refusal = {
  message: expect.stringContaining('QEMU ended with exit code 1'),
  hint: expect.stringContaining('fledge doctor'),
  cause: expect.objectContaining({
    code: 'ERR_FLEDGE_MACHINE_DIED',
    message: expect.stringContaining('-no-such-option: invalid option'),
  }),
}

test('a clone whose QEMU ends at once tells what QEMU said and what to do', async () => {
  await using _wrapped = await wrappedQemu(refusing('-incoming'), 'templates')
  await expect(launch(image)).rejects.toMatchObject({ code: 'ERR_FLEDGE_CLONE', ...refusal })
  expect(await ownChildren()).toEqual([])
  expect(await readdir(join(cacheFolder(), 'overlays'))).toEqual([])
})

test('a boot whose QEMU ends at once tells what QEMU said and what to do', async () => {
  await using _wrapped = await wrappedQemu(refusing('-kernel'), 'images')
  await expect(prepare(image)).rejects.toMatchObject({ code: 'ERR_FLEDGE_BAKE', ...refusal })
  expect(await leftovers()).toEqual([])
})

test('a QEMU that cannot be asked tells what it said and what to do', async () => {
  await using _wrapped = await wrappedQemu(refusing('-S'), 'templates')
  await expect(launch(image)).rejects.toMatchObject({
    code: 'ERR_FLEDGE_QEMU',
    message: expect.stringContaining('-no-such-option: invalid option'),
    hint: expect.stringContaining('FLEDGE_QEMU'),
  })
  expect(await ownChildren()).toEqual([])
})

checkLeaks()
