import { inspect } from 'node:util'

import { visible } from './visible.ts'

/** How much is said of an error. */
interface Detail {
  /** All that there is. */
  readonly debug: boolean
  /** The end of the machine's console. Default: true. */
  readonly console?: boolean
}

/** What is printed of an error: its message, what to try, and the end of the machine's console. */
export function describeError(error: unknown, { debug, console = true }: Detail): string {
  const [first = '', ...rest] = visible(messageOf(error)).split('\n')
  const parts = [`fledge: ${first}`, ...indent(rest, '  ')]
  const { hint, consoleTail } = fieldsOf(error)
  if (hint !== undefined) parts.push(...indent(visible(hint).split('\n'), '  '))
  if (console && consoleTail) {
    parts.push('  The last lines of its console:', ...indent(visible(consoleTail).split('\n'), '  | '))
  }
  if (debug) parts.push('', visible(inspect(error)))
  else if (!isExpected(error)) parts.push('  This is a fault of fledge; FLEDGE_DEBUG=1 shows where')
  return parts.join('\n')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error)
}

function fieldsOf(error: unknown): { hint?: string; consoleTail?: string } {
  if (!(error instanceof Error)) return {}
  const { hint, consoleTail } = error as { hint?: unknown; consoleTail?: unknown }
  return {
    ...(typeof hint === 'string' ? { hint } : {}),
    ...(typeof consoleTail === 'string' ? { consoleTail } : {}),
  }
}

/** Whether this was thrown on purpose: an error of fledge, or one of the system, as of a full disk. */
function isExpected(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false
  return typeof error.code === 'string' && !error.code.startsWith('ERR_') ? true : isOurs(error)
}

function isOurs(error: Error & { code: unknown }): boolean {
  return typeof error.code === 'string' && error.code.startsWith('ERR_FLEDGE_')
}

function indent(lines: readonly string[], by: string): readonly string[] {
  return lines.map((line) => (line === '' ? '' : `${by}${line}`))
}
