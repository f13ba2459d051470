import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, relative, resolve } from 'node:path'

import { parse } from 'acorn'

import { MisuseError } from '../index.ts'
import { checkOptions, checkValue, text, trueOrFalse } from '../util/check-options.ts'
import type { Recorder } from './recorder.ts'
import type { PromptFunction } from './run-prompt.ts'
import { stripTypes } from './strip-types.ts'
import { testText, type TestPlan } from './test-text.ts'

/** How a test is written down. */
interface RecordOptions {
  /** Default: the words of the file's name. */
  readonly title?: string
  /** Whether it takes the place of a file that is there. Default: false. */
  readonly overwrite?: boolean
}

/** What `record()` needs besides what was typed. */
export interface RecordPlan extends Pick<TestPlan, 'library'> {
  readonly recorder: Recorder
  /** The machines that a test in some file has, by their names. */
  readonly machines: (file: string) => TestPlan['machines']
  /** Shows a line to the person. */
  readonly say: (line: string) => void
}

/** The function of a prompt that writes what was typed as a test. */
export function recordFunction(plan: RecordPlan): PromptFunction {
  return {
    name: 'record',
    signature: 'record(file?, { title, overwrite }?)',
    summary: 'Writes what was typed and worked, since the last reset, as a test.',
    run: async (file: string = defaultFile(), options: RecordOptions = {}) => {
      checkValue('record', 'file', file, testFile)
      checkOptions('record', options, { title: text, overwrite: trueOrFalse })
      const { title = titleOf(file), overwrite = false } = options
      await write(resolve(file), textOf(plan, resolve(file), title), overwrite)
      const shown = relative(process.cwd(), resolve(file))
      plan.say(`fledge: wrote ${shown}; "fledge test ${shown}" runs it`)
    },
  }
}

function testFile(value: unknown): string | undefined {
  return typeof value === 'string' && /[^/]\.(?:spec|test)\.[cm]?ts$/.test(value)
    ? undefined
    : 'the path of a test, as "tests/hello.spec.ts"'
}

function defaultFile(): string {
  return existsSync('tests') ? 'tests/recorded.spec.ts' : 'recorded.spec.ts'
}

function titleOf(file: string): string {
  return basename(file)
    .replace(/\.(?:spec|test)\.\w+$/, '')
    .replaceAll(/[-_]+/g, ' ')
}

/** @throws MisuseError `ERR_FLEDGE_OPTION` when there is nothing to write */
function textOf({ recorder, machines, library }: RecordPlan, file: string, title: string): string {
  const { inputs } = recorder
  if (inputs.length === 0) {
    throw new MisuseError('ERR_FLEDGE_OPTION', 'Cannot record a test: nothing was typed that worked', {
      hint: 'What failed, and what only a prompt can do, is left out',
    })
  }
  const written = testText({ title, inputs, machines: machines(file), library })
  // What does not compile is a fault here, and better known now than by a run of the test.
  parse(stripTypes(written).code, { ecmaVersion: 'latest', sourceType: 'module' })
  return written
}

async function write(path: string, written: string, overwrite: boolean): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  try {
    await writeFile(path, written, { flag: overwrite ? 'w' : 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot record a test as "${path}": there is a file`, {
      cause: error,
      hint: `Choose another name, or "record(FILE, { overwrite: true })"`,
    })
  }
}
