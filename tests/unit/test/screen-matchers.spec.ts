import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify, stripVTControlCharacters } from 'node:util'

import { expect } from '../../../src/test/expect.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { expect as plain, test } from '../machine/machine-with-screen.ts'
import { consolePicture, pngOf, withLine } from '../screen/console-picture.ts'

/** What a matcher says when it fails. */
async function messageOf(matching: Promise<unknown>): Promise<string> {
  return matching.then(
    () => 'it passed',
    (error: unknown) => (error instanceof Error ? stripVTControlCharacters(error.message) : String(error)),
  )
}

test('toShowText waits for a text, and shows what is there', async ({ machine }) => {
  const { vm, show } = machine
  await show({ width: 720, height: 400, rgb: Buffer.alloc(720 * 400 * 3) })
  const waiting = expect(vm).toShowText('debian login:', { timeoutMs: 60_000 })
  await show(consolePicture())
  await waiting
  await expect(vm).toShowText(/^Setting up hello/m)
  await expect(vm).not.toShowText('Kernel panic')
  const message = await messageOf(expect(vm).toShowText('Kernel panic', { timeoutMs: 300 }))
  plain(message).toContain('expect(vm).toShowText("Kernel panic")')
  plain(message).toContain('Wanted:  "Kernel panic" on the screen')
  plain(message).toContain('Reading package lists... Done')
  plain(await messageOf(expect(vm).not.toShowText('login:', { timeoutMs: 300 }))).toContain(
    'expect(vm).not.toShowText("login:")',
  )
})

test('toMatchScreenshot waits for the snapshot, and attaches what differs', async ({ machine }) => {
  const { vm, show } = machine
  const path = test.info().snapshotPath('console.png')
  await mkdir(dirname(path), { recursive: true })
  try {
    const picture = consolePicture()
    await writeFile(path, pngOf(picture))
    await show(withLine(picture, 0, 1))
    await expect(vm).not.toMatchScreenshot('console.png')
    await expect(vm).toMatchScreenshot('console.png', { maxDiffPixelRatio: 0.01 })
    const message = await messageOf(expect(vm).toMatchScreenshot('console.png', { timeoutMs: 500 }))
    plain(message).toContain('expect(vm).toMatchScreenshot("console.png")')
    plain(message).toMatch(/\d+ pixels .* are different/)
    plain(test.info().attachments.map(({ name }) => name.replace('-1', ''))).toEqual(
      expect.arrayContaining(['console-expected.png', 'console-actual.png', 'console-diff.png']),
    )
    const waiting = expect(vm).toMatchScreenshot('console.png', { timeoutMs: 30_000 })
    await show(picture)
    await waiting
    plain(await messageOf(expect(vm).not.toMatchScreenshot('console.png', { timeoutMs: 300 }))).toContain(
      '.not.',
    )
  } finally {
    await rm(dirname(path), { recursive: true })
  }
})

test('toMatchScreenshot writes snapshots that are missing, and all with --update-snapshots', async () => {
  test.setTimeout(240_000)
  const root = join(import.meta.dirname, '../../..')
  // Below the project, so that it is compiled as the project is.
  const folder = test.info().outputPath('project')
  await mkdir(folder, { recursive: true })
  const fixtures = join(root, 'tests/unit')
  await writeFile(
    join(folder, 'playwright.config.ts'),
    `export default { testDir: '.', outputDir: './results', respectGitIgnore: false, snapshotPathTemplate: '{testDir}/{arg}{ext}' }\n`,
  )
  await writeFile(
    join(folder, 'screen.spec.ts'),
    `import { expect } from '${root}/src/test/expect.ts'
    import { test } from '${fixtures}/machine/machine-with-screen.ts'
    import { consolePicture, withLine } from '${fixtures}/screen/console-picture.ts'
    test('screen', async ({ machine: { vm, show } }) => {
      await show(withLine(consolePicture(), 0, Number(process.env.LINE)))
      await expect(vm).toMatchScreenshot('console.png', { timeoutMs: 3_000 })
    })`,
  )
  const run = async (line: number, ...flags: readonly string[]): Promise<string> => {
    const args = [
      'playwright',
      'test',
      '--config',
      join(folder, 'playwright.config.ts'),
      '--reporter=line',
      ...flags,
    ]
    const { LINE: _, ...env } = process.env
    const { stdout } = await promisify(execFile)('npx', args, {
      cwd: root,
      env: { ...env, LINE: String(line), TEST_WORKER_INDEX: undefined },
    }).catch((error: unknown) => error as { stdout: string })
    return stdout
  }
  const written = (): Promise<Buffer> => readFile(join(folder, 'console.png'))
  plain(await run(1)).toContain('writing actual')
  const first = await written()
  plain(await run(1)).toContain('1 passed')
  plain(await run(2)).toContain('1 failed')
  plain(await written()).toEqual(first)
  plain(await run(2, '--update-snapshots')).toContain('1 passed')
  plain((await written()).equals(first)).toBe(false)
})

checkLeaks()
