import { launch, prepare } from '../../src/index.ts'
import { expect, image, test } from '../fixtures/machine.ts'
import { wrappedQemu } from '../fixtures/wrapped-qemu.ts'
import { checkLeaks } from '../fixtures/leaks.ts'

const future = '2040-02-03T04:05:06'

/** Its machines start in the future, when they boot. */
const wrongClock = `
  case " $* " in *" -incoming "*) ;; *)
    for each; do shift; [ "$each" = base=utc ] && each=base=${future}; set -- "$@" "$each"; done ;;
  esac`

test('a clone of a template whose clock was years off has the right time', async () => {
  await using _wrapped = await wrappedQemu(wrongClock, 'images')
  await prepare(image, { memoryMiB: 322 })
  await using vm = await launch(image, { memoryMiB: 322 })
  const before = Date.now()
  const { stdout } = await vm.succeed(
    'date +%s%3N; journalctl --boot --lines=1 --output=short-iso --no-pager',
  )
  const [time, journal] = stdout.split('\n')
  expect(Number(time)).toBeGreaterThan(before - 1_000)
  expect(Number(time)).toBeLessThan(Date.now() + 1_000)
  // The template was as far off as it was meant to be.
  expect(journal).toMatch(/^2040-02-03T/)
})

checkLeaks()
