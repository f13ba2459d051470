import type { ImportDeclaration, VariableDeclaration } from 'acorn'

import { assignedNames, declaredNames, type Part } from './names.ts'
import type { Input } from './read-input.ts'

/** What is run of an input. */
export interface Compiled {
  /**
   * The body of an asynchronous function. What it declares it assigns, so that later inputs have it; it gives an object with the `value` of its
   * last statement, if that is an expression.
   */
  readonly code: string
  readonly declared: readonly string[]
  /** Names that it assigns to, whoever has declared them. */
  readonly assigned: Iterable<string>
}

/** Where the body puts what is to be disposed of when the prompt ends. */
export const disposeName = '__fledge_dispose'

/** Makes what a prompt runs of what was typed there. */
export function compileInput({ program, code }: Input): Compiled {
  // Functions are there before the rest.
  const hoisted: string[] = []
  const lines: string[] = []
  for (const [index, part] of program.body.entries()) {
    const text = code.slice(part.start, part.end)
    if (part.type === 'FunctionDeclaration') hoisted.push(asAssignments(part, code))
    else if (part.type === 'ExpressionStatement' && index === program.body.length - 1) {
      lines.push(`return { value: (${withoutSemicolon(text)}\n) };`)
    } else lines.push(asAssignments(part, code))
  }
  return {
    code: [...hoisted, ...lines].join('\n'),
    declared: program.body.flatMap(declaredNames),
    assigned: assignedNames(program),
  }
}

/**
 * A statement that assigns what it would declare.
 *
 * @throws SyntaxError for an export
 */
export function asAssignments(part: Part, code: string): string {
  const text = code.slice(part.start, part.end)
  if (part.type === 'VariableDeclaration') return variables(part, code)
  if (part.type === 'ClassDeclaration' || part.type === 'FunctionDeclaration')
    return `${part.id.name} = ${text};`
  if (part.type === 'ImportDeclaration') return imports(part)
  if (part.type.startsWith('Export')) throw new SyntaxError('A prompt exports nothing')
  return text
}

function imports({ specifiers, source }: ImportDeclaration): string {
  const module = `await import(${source.raw ?? JSON.stringify(source.value)})`
  const all = specifiers.find((each) => each.type === 'ImportNamespaceSpecifier')
  const parts = specifiers.flatMap((each) => {
    if (each.type === 'ImportNamespaceSpecifier') return []
    if (each.type === 'ImportDefaultSpecifier') return [`default: ${each.local.name}`]
    const { imported, local } = each
    return [
      `${imported.type === 'Identifier' ? imported.name : JSON.stringify(imported.value)}: ${local.name}`,
    ]
  })
  const whole = all ? `${all.local.name} = ${module}` : module
  return parts.length === 0 ? `${whole};` : `({ ${parts.join(', ')} } = ${whole});`
}

function variables({ kind, declarations }: VariableDeclaration, code: string): string {
  const assignments = declarations.flatMap(({ start, end, id, init }) => {
    // A variable that is declared again keeps its value.
    if (!init) return kind === 'var' ? [] : [`${code.slice(id.start, id.end)} = undefined`]
    if (kind !== 'using' && kind !== 'await using') return [`(${code.slice(start, end)})`]
    const value = code.slice(code.indexOf('=', id.end) + 1, end)
    return [`${code.slice(id.start, id.end)} = ${disposeName}(${value})`]
  })
  return `${assignments.join(', ')};`
}

function withoutSemicolon(text: string): string {
  return text.replace(/;$/, '')
}
