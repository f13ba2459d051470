import { expect, test } from '@playwright/test'

import { readProcesses } from '../../../src/test/matchers/to-have-process.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

test('readProcesses() reads names and command lines, and leaves out what looks', () => {
  const said = [
    '==> /proc/1/comm <==\nsystemd\n',
    '\n==> /proc/2/comm <==\nkthreadd\n',
    '\n==> /proc/40/comm <==\na ==> b\n',
    '\n==> /proc/99/comm <==\ntail\n',
    '\n==> /proc/1/cmdline <==\n/sbin/init\0--x\0',
    '\n==> /proc/2/cmdline <==\n',
    '\n==> /proc/40/cmdline <==\n/usr/bin/app\0with\nlines\0',
    '\n==> /proc/99/cmdline <==\ntail\0-v\0/proc/1/comm\0',
  ].join('')
  expect(readProcesses(said)).toEqual([
    { pid: 1, name: 'systemd', words: ['/sbin/init', '--x'] },
    { pid: 2, name: 'kthreadd', words: [] },
    { pid: 40, name: 'a ==> b', words: ['/usr/bin/app', 'with\nlines'] },
  ])
})

checkLeaks()
