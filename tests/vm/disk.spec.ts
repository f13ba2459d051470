import { checkLeaks } from '../fixtures/leaks.ts'
import { launch } from '../../src/index.ts'
import { expect, image, test } from '../fixtures/machine.ts'

// Of 8 GiB, both make 10.
for (const diskGiB of [10, '+2'] as const) {
  test(`diskGiB: ${diskGiB} grows the disk and the file system on it`, async () => {
    test.setTimeout(0)
    await using vm = await launch(image, { diskGiB })
    const { stdout } = await vm.succeed(
      'cat /sys/block/vda/size; df --block-size=1 --output=size / | tail -1',
    )
    const [sectors, bytes] = stdout.trim().split('\n').map(Number)
    expect(sectors).toBe((10 * 2 ** 30) / 512)
    // What ext4 keeps for itself is less than a tenth.
    expect(bytes).toBeGreaterThan(9 * 2 ** 30)
  })
}

test('a disk cannot be made smaller than its image', async () => {
  await expect(launch(image, { diskGiB: 1 })).rejects.toMatchObject({ code: 'ERR_FLEDGE_OPTION' })
})

checkLeaks()
