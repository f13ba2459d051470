import { once } from 'node:events'
import { start, type REPLServer } from 'node:repl'
import { inspect } from 'node:util'

import { complete } from './complete.ts'
import { describeThrown } from './describe-thrown.ts'
import { Evaluator, type Globals } from './evaluator.ts'
import { historyFile } from './history-file.ts'
import { hasColours } from './paint.ts'
import { PromptWork, type WorkHooks } from './prompt-work.ts'
import { showCompletion } from './show-completion.ts'
import type { Terminal } from './terminal.ts'
import type { Verb } from './verbs.ts'
import { visibleButStyles, visibleLine } from './visible.ts'
import { visibleConsole } from './visible-console.ts'
import { hide } from './with-library.ts'

/** A function that is there at a prompt, besides what is given. */
export interface PromptFunction extends Verb {
  /** What it gives is shown; a promise is waited for. */
  readonly run: (...args: never) => unknown
  /** Whether Ctrl-C has it end by itself, by `currentInterruption()`, which takes a while. Default: false. */
  readonly endsItself?: boolean
}

/** What a prompt has. */
export interface PromptOptions extends WorkHooks {
  readonly terminal: Terminal
  /** Names and what they are, now: what changes here changes at the prompt, and what is declared there is added. */
  readonly globals: Globals
  /** Functions of the prompt, which ".help" and Tab tell of. */
  readonly functions?: readonly PromptFunction[]
  /** What is written before the first line. */
  readonly greeting?: string
  /** What stands before each line. Default: `> `. */
  readonly sign?: string
  /** Ends the prompt. */
  readonly signal?: AbortSignal
}

/**
 * Lets a person at a terminal run TypeScript, with `await`, on what is given, until they leave it by Ctrl-D or ".exit", or its signal aborts.
 *
 * Ctrl-C ends the input that runs: verbs of machines with `ERR_FLEDGE_ABORTED`, and anything else by not being waited for.
 *
 * @example
 * const done = new AbortController()
 * await runPrompt({
 *   terminal,
 *   globals: { vm },
 *   functions: [{ name: 'resume', signature: 'resume()', summary: 'Lets the test go on.', run: () => done.abort() }],
 *   signal: done.signal,
 * })
 */
export async function runPrompt(options: PromptOptions): Promise<void> {
  const { terminal, globals, functions = [], greeting, sign = '> ', signal } = options
  const { input, output } = terminal
  const colors = hasColours(output)
  hide(globals, 'console', visibleConsole(output, { colors }))
  if (greeting !== undefined) output.write(`${greeting}\n`)
  await using evaluator = new Evaluator(globals)
  const work = new PromptWork(terminal, evaluator, options)
  for (const { name, run, endsItself = false } of functions) {
    globals[name] = endsItself ? (...args: never) => work.patiently(async () => run(...args)) : run
  }
  // Known before a line can be typed: what is typed until the history has been read is not kept.
  const history = historyFile()
  await history.catch(() => {})
  const server = start({
    input,
    output,
    terminal: true,
    prompt: sign,
    useColors: colors,
    ignoreUndefined: true,
    writer: (value) =>
      value instanceof Error
        ? describeThrown(value)
        : visibleButStyles(inspect(withoutBytes(value), { colors, depth: 4 })),
    eval(typed, _context, _file, done) {
      work.take(typed, (error, value) => {
        if (!error && value !== undefined) hide(globals, '_', value)
        done(error, value)
      })
    },
    completer: (line: string, done: Completed) => offer(server, line, options, done),
  })
  // Who is quick leaves before the history has been read.
  const exited = once(server, 'exit')
  setHelp(server, functions)
  await Promise.race([keepHistory(server, history), exited])
  const close = (): void => server.close()
  signal?.addEventListener('abort', close, { once: true })
  if (signal?.aborted) close()
  await exited
  signal?.removeEventListener('abort', close)
  work.end()
}

/** A command's result has its output twice: as texts and as bytes. */
function withoutBytes(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('bytes' in value && 'stdout' in value)) return value
  const { bytes: _, ...rest } = value
  return rest
}

type Completed = (error: Error | null, result: [string[], string]) => void

/** Completes the word as far as there is one way, and shows the ways, or what is told of the only one. */
function offer(server: REPLServer, line: string, options: PromptOptions, done: Completed): void {
  const functions = Object.fromEntries((options.functions ?? []).map((each) => [each.name, each]))
  const completion = complete(line, options.globals, functions)
  const { words, typed, about } = completion
  const common = commonStart(words)
  done(null, common.length > typed.length ? [[common], typed] : [[], typed])
  const [only] = words
  if (words.length === 0 || (words.length === 1 && only !== undefined && !about(only))) return
  if (words.length > 1 && common.length > typed.length) return
  // Below the line, which is shown again under it; readline is done with its own by then.
  setImmediate(() => {
    options.terminal.output.write(`\n${showCompletion(completion, options.terminal.output)}\n`)
    server.prompt(true)
  })
}

function commonStart(words: readonly string[]): string {
  const [first = '', ...rest] = words
  let length = first.length
  for (const word of rest) while (!word.startsWith(first.slice(0, length))) length -= 1
  return first.slice(0, length)
}

function setHelp(server: REPLServer, functions: readonly PromptFunction[]): void {
  // What it clears is Node's own context, which is not used here.
  Reflect.deleteProperty(server.commands, 'clear')
  const entries = functions.map(({ name, signature = name, summary }) => `${signature}\n    ${summary}`)
  server.defineCommand('help', {
    help: 'Print this help',
    action() {
      const commands = Object.entries(server.commands).map(
        ([name, command]) => `${`.${name}`.padEnd(10)}${command?.help ?? ''}`,
      )
      this.clearBufferedCommand()
      this.output.write(`${[...entries, ...commands, keys].join('\n')}\n`)
      this.displayPrompt()
    },
  })
}

const keys = `Tab completes, and tells of a verb; Ctrl-C ends what runs; Ctrl-D leaves.
A line that begins with a space is not kept in the history.`

/** Keeps what is typed, but for lines that begin with a space, as secrets may. */
async function keepHistory(server: REPLServer, place: Promise<string>): Promise<void> {
  server.on('history', (lines: string[]) => {
    if (lines[0]?.startsWith(' ')) lines.shift()
  })
  try {
    const path = await place
    await new Promise<void>((resolve, reject) => {
      server.setupHistory(path, (error) => (error ? reject(error) : resolve()))
    })
  } catch (error) {
    const { message } = error as Error
    server.output.write(`\nfledge: What is typed is not kept for the next time: ${visibleLine(message)}\n`)
    server.displayPrompt()
  }
}
