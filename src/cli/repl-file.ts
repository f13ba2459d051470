import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

import { MisuseError } from '../index.ts'
import { ownTerminal } from '../interactive/terminal.ts'
import { planEnvironment } from '../test/command-plan.ts'
import { literalPattern } from '../test/literal-pattern.ts'
import { promptTitle } from '../test/prompt-title.ts'
import { foundAt } from './found-at.ts'
import { ownConfig, planTests } from './plan-tests.ts'
import { runPlaywright } from './test-runner.ts'

/**
 * A prompt in our terminal in the place of a test of a file, which Playwright loads and gives its machine.
 *
 * @param target the file, and the line of the test if it is not the first
 * @returns the exit code
 * @throws MisuseError `ERR_FLEDGE_OPTION` where there is no terminal or no file
 */
export async function replFile(target: string, project: string | undefined): Promise<number> {
  const [, name = target, line] = /^(.*?)(?::(\d+))?$/.exec(target) ?? []
  const file = resolve(name)
  if (!foundAt(file)?.isFile()) {
    throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot find the file of tests "${name}"`)
  }
  ownTerminal('open a prompt', '"fledge test" needs none')
  const { cli, plan } = await planTests([name], {})
  const prompt = {
    file,
    ...(line === undefined ? {} : { line: Number(line) }),
    ...(project === undefined ? {} : { project }),
    main: resolve(process.argv[1] ?? ''),
    args: project === undefined ? [] : ['--project', project],
  }
  using _ = keepTerminal()
  return await runPlaywright(
    cli,
    ['--config', ownConfig, '--grep', literalPattern(promptTitle)],
    planEnvironment({ ...plan, prompt }),
  )
}

/** Has the terminal as it was, however the process with the prompt has ended. */
function keepTerminal(): Disposable {
  const before = stty('-g')
  return { [Symbol.dispose]: () => void stty(before) }
}

function stty(option: string): string {
  return spawnSync('stty', [option], {
    stdio: ['inherit', 'pipe', 'inherit'],
    encoding: 'utf8',
  }).stdout.trim()
}
