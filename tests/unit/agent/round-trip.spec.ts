import { expect, test } from '@playwright/test'
import * as fc from 'fast-check'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { visible } from '../../../src/util/visible.ts'
import { run, startAgent, whyNotHere } from './running-agent.ts'

const skip = whyNotHere()
test.skip(skip !== undefined, skip)

// What is sent from here has to be read in the guest as it was meant: by the agent under sanitizers.

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', ' ', '\n', '-rf', '--', '$(x)', '"', "'", '\\', '=', '%s', 'ü😀', 'x'.repeat(5_000)),
)
const word = text.filter((value) => !/[\0\p{Cs}]/u.test(value))
const variable = fc
  .tuple(
    word.filter((name) => name !== '' && !name.includes('=')),
    word,
  )
  // These the program that shows the variables is found and runs by.
  .filter(([name]) => !/^(PATH|LD_|GLIBC|MALLOC|LANG|LC_)/.test(name))

test('arguments and variables of any kind arrive as they were sent', async () => {
  await using agent = await startAgent('sanitize')
  await fc.assert(
    fc.asyncProperty(
      fc.array(word, { maxLength: 6 }),
      fc.uniqueArray(variable, { maxLength: 4, selector: ([name]) => name }),
      async (args, variables) => {
        const env = Object.fromEntries(variables)
        const shown = await run(agent.channel, { argv: ['printf', String.raw`%s\0`, 'first', ...args] })
        expect(shown.stdout.toString()).toBe(['first', ...args].map((each) => `${each}\0`).join(''))
        // A shell would drop variables whose names it cannot have: `env` is asked itself.
        const listed = await run(agent.channel, { argv: ['env', '-0'], env })
        const lines = listed.stdout.toString().split('\0')
        for (const [name, value] of variables) expect(lines).toContain(`${name}=${value}`)
      },
    ),
    { numRuns: 150 },
  )
})

test('a variable takes the place of a default by its whole name only', async () => {
  await using agent = await startAgent('sanitize')
  const env = { HOM: 'a', HOMES: 'b', PATHS: 'c', LAN: 'd', USER: 'mine' }
  const { stdout } = await run(agent.channel, { argv: ['env', '-0'], env })
  const lines = stdout.toString().split('\0').slice(0, -1)
  const given = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  expect(lines).toEqual(expect.arrayContaining([...given, 'HOME=/root', 'LOGNAME=root', 'LANG=C.UTF-8']))
  expect(lines.filter((line) => line.startsWith('PATH='))).toHaveLength(1)
  expect(lines.filter((line) => line.startsWith('USER='))).toEqual(['USER=mine'])
})

test('scripts, folders and users of any kind are what they were, or are refused by their names', async () => {
  await using agent = await startAgent('sanitize')
  const line = word.filter((value) => value !== '')
  await fc.assert(
    fc.asyncProperty(line, line, async (script, name) => {
      // A script is shown by a shell that is told to, as its own text.
      const quoted = `printf %s '${script.replaceAll("'", String.raw`'\''`)}'`
      const shown = await run(agent.channel, { argv: [quoted], shell: true })
      expect(shown.stdout.toString()).toBe(script)
      const folder = `/no-such-folder/${name}`.slice(0, 200)
      await expect(run(agent.channel, { argv: ['true'], cwd: folder })).rejects.toMatchObject({
        code: 'ERR_FLEDGE_COMMAND_START',
        message: expect.stringContaining(`no such folder: ${visible(folder)} (`),
      })
      const user = `no-such-${name}`.slice(0, 100)
      await expect(run(agent.channel, { argv: ['true'], user })).rejects.toMatchObject({
        code: 'ERR_FLEDGE_COMMAND_START',
        message: expect.stringContaining(`no such user: ${visible(user)} (`),
      })
      expect(await agent.channel.stat(`/no-such-folder/${name}`.slice(0, 200))).toBeUndefined()
    }),
    { numRuns: 100 },
  )
})

test('numbers at their edges arrive as they were sent', async () => {
  await using agent = await startAgent('sanitize')
  for (const [rows, columns] of [
    [1, 1],
    [255, 256],
    [65_535, 65_535],
  ] as const) {
    const { stdout } = await run(agent.channel, {
      argv: ['stty', 'size'],
      pty: { rows, columns },
      stdin: true,
    })
    expect(stdout.toString().trim()).toBe(`${rows} ${columns}`)
  }
  for (const deadlineMs of [Infinity, 2 ** 32, 2 ** 31, 60_000.5]) {
    const { exit } = await run(agent.channel, { argv: ['true'], deadlineMs })
    expect(exit).toEqual({ exitCode: 0, timedOut: false })
  }
  for (const deadlineMs of [0, 0.001, 1, 1, 1]) {
    const { exit } = await run(agent.channel, { argv: ['sleep', '60'], deadlineMs })
    expect({ deadlineMs, ...exit }).toEqual({ deadlineMs, signal: 'SIGKILL', timedOut: true })
  }
})

checkLeaks()
