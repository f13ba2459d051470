import { transformSync } from '@swc/wasm-typescript'

/** What was typed is TypeScript, or JavaScript, that has no end yet. */
export class UnfinishedInput extends Error {
  override name = 'UnfinishedInput'
}

/** The JavaScript of some TypeScript. */
export interface Stripped {
  readonly code: string
  /** Whether every character of it is where it was: types have become spaces. */
  readonly inPlace: boolean
}

/** How the compiler tells of its errors. */
interface CompilerError {
  readonly code: 'InvalidSyntax' | 'UnsupportedSyntax'
  readonly message: string
  /** The line, and carets below the place, if that is not behind the end. */
  readonly snippet: string
}

/**
 * Takes the types out of TypeScript.
 *
 * @throws UnfinishedInput where more lines could make it right; SyntaxError where none can
 */
export function stripTypes(source: string): Stripped {
  try {
    return { code: transformSync(source, { mode: 'strip-only', module: true }).code, inPlace: true }
  } catch (error) {
    const { code } = error as CompilerError
    if (code !== 'UnsupportedSyntax') throw asSyntaxError(error as CompilerError)
  }
  // An enum, or another thing of TypeScript that is more than types.
  try {
    return { code: transformSync(source, { mode: 'transform', module: true }).code, inPlace: false }
  } catch (error) {
    throw asSyntaxError(error as CompilerError)
  }
}

function asSyntaxError(error: CompilerError): Error {
  return isAtEnd(error)
    ? new UnfinishedInput(error.message, { cause: error })
    : new SyntaxError(error.message, { cause: error })
}

/** An error behind all that was typed, or one that began in a text that goes over several lines. */
function isAtEnd({ message, snippet }: CompilerError): boolean {
  if (message.startsWith('Unterminated template')) return true
  return !/\n *\^+\n?$/.test(snippet)
}
