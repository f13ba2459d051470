import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'
import { checkLeaks } from '../fixtures/leaks.ts'

/** The files of src that may read the wall clock, which can be set at any time, each with its reason. */
const readers: Readonly<Record<string, string>> = {
  'cache/leftovers.ts': 'compares with the times of files',
  'cache/prune-cache.ts': 'compares with the times of files',
  'cache/verdicts.ts': 'compares with the times of files',
  'cli/format-duration.ts': 'tells ages',
  'cli/ps.ts': 'tells ages',
  'image/build-image.ts': 'notes a date',
  'image/catalog/catalog.ts': 'compares with the days on which support ends',
  'image/download/back-off.ts': 'compares with a date of a server; no wait is longer than two minutes',
  'image/download/download-image.ts': 'notes a date',
  'machine/clock.ts': 'shows how to compare clocks',
  'owner/console-log.ts': 'notes when something was written',
  'qemu/qmp-client.ts': 'dates an event that has no date',
  'sandbox/verdict/folder-store.ts': 'notes when a file was read',
  'sandbox/verdict/remember-verdicts.ts': 'notes a date',
  'sandbox/verdict/run-with-verdicts.ts': 'notes when a run began',
  'serve/served-machine.ts': 'notes a date',
  'template/bake.ts': 'notes a date',
  'template/claim-over-ssh.ts': "sets a guest's clock",
  'template/clone.ts': "sets a guest's clock",
  'template/power-source.ts': "sets a guest's clock",
  'test/collect-evidence.ts': 'notes when a picture was taken',
  'test/screen-log.ts': 'notes when a picture was taken',
  'test/test.ts': 'asks for a journal since a moment',
  'test/time-left.ts': "finds Playwright's clock, once a test",
  'test/timeline.ts': 'draws until now',
}

const src = join(import.meta.dirname, '../../src')

test('no time limit depends on the wall clock', () => {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const found = files.filter((file) =>
    /\bDate\.now\b|\bnew Date\(\)/.test(readFileSync(join(src, file), 'utf8')),
  )
  expect(found.toSorted()).toEqual(Object.keys(readers))
})

checkLeaks()
