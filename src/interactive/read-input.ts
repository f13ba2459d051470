import { parse, type Program, type Token, tokTypes } from 'acorn'

import { stripTypes, UnfinishedInput } from './strip-types.ts'

/** What was typed at a prompt, and what it is made of. */
export interface Input {
  /** As it was typed. */
  readonly source: string
  /** Without types. */
  readonly code: string
  readonly program: Program
  /** Whether the places in {@link code} are those in {@link source}. */
  readonly inPlace: boolean
  /** All names in it, those of properties and parameters among them. */
  readonly names: ReadonlySet<string>
  /** Whether a text in it goes over several lines, so that it cannot be indented. */
  readonly hasLongText: boolean
}

/**
 * Reads what was typed: one or more statements of TypeScript. An object by itself is one, and no block.
 *
 * @throws UnfinishedInput where more lines could make it right; SyntaxError where none can
 */
export function readInput(typed: string): Input {
  const source = typed.trim()
  if (!/^\{[^]*[^;]$/.test(source)) return read(source)
  try {
    return read(`(${source})`)
  } catch (error) {
    if (error instanceof UnfinishedInput) throw error
    return read(source)
  }
}

function read(source: string): Input {
  const { code, inPlace } = stripTypes(source)
  const tokens: Token[] = []
  const program = parse(code, {
    ecmaVersion: 'latest',
    sourceType: 'module',
    allowAwaitOutsideFunction: true,
    onToken: tokens,
  })
  const names = new Set(tokens.filter(isName).map(({ start, end }) => code.slice(start, end)))
  const hasLongText = tokens.some(
    ({ type, start, end }) =>
      (type === tokTypes.template || type === tokTypes.string) && code.slice(start, end).includes('\n'),
  )
  return { source, code, program, inPlace, names, hasLongText }
}

function isName({ type }: Token): boolean {
  return type === tokTypes.name
}
