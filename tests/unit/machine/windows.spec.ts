import { expect, test } from '@playwright/test'

import { namesIn } from '../../../src/machine/windows.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

test('names of windows are read from what xwininfo says, quotation marks and all', () => {
  const tree = `
xwininfo: Window id: 0x232 (the root window) (has no name)

  Root window id: 0x232 (the root window) (has no name)
  Parent window id: 0x0 (none)
     2 children:
     0x20000c "A "window": (or so)": ("xterm" "XTerm")  364x264+40+50  +40+50
        1 child:
        0x20001b (has no name): ()  364x264+0+0  +41+51
     0x400001 "Ünïcode — 1": ()  10x10+10+10  +10+10
`
  expect(namesIn(tree)).toEqual(['A "window": (or so)', 'Ünïcode — 1'])
  expect(namesIn('')).toEqual([])
})

checkLeaks()
