import type { ExpressionStatement } from 'acorn'

import { asAssignments } from './compile-input.ts'
import { assignedNames, declaredNames, doesSomething, type Part } from './names.ts'
import type { Input } from './read-input.ts'
import type { Recorded } from './recorder.ts'

/** What was typed, as it stands in a test. */
export interface Statements {
  /** For the top of the file. */
  readonly imports: readonly string[]
  readonly statements: readonly (string | { readonly verbatim: string })[]
  /** All names in them, and those that they declare. */
  readonly names: ReadonlySet<string>
  readonly declared: ReadonlySet<string>
}

/** Makes statements of one function out of inputs of a prompt, where a name may be declared again, and a constant assigned to. */
export function statementsOf(recorded: readonly Recorded[], given: readonly string[]): Statements {
  const inputs = recorded.map(({ input }) => input)
  const parts = inputs.flatMap(({ program }) => program.body)
  const assigned = new Set(inputs.flatMap(({ program }) => [...assignedNames(program)]))
  const names = new Set(inputs.flatMap((input) => [...input.names]))
  const declared = new Set(parts.flatMap(declaredNames))
  const usesLast = names.has('_') && !declared.has('_')
  const variables = looseNames(parts, assigned, given)
  if (usesLast) variables.add('_')
  const isLoose = (part: Part): boolean =>
    declaredNames(part).some((name) => variables.has(name) || given.includes(name))
  const context: Context = { isLoose, assigned, usesLast }
  const texts = recorded.map((each) => textOf(each, context))
  const statements = texts.flatMap(({ text, input }) => {
    if (text === '') return []
    const safe = /^[([`+\-/]/.test(text) ? `;${text}` : text
    return [input.hasLongText ? { verbatim: safe } : safe]
  })
  const head = variables.size > 0 ? [`let ${[...variables].join(', ')}`] : []
  const imports = [...new Set(texts.flatMap((each) => each.imports))]
  return {
    imports,
    statements: [...head, ...statements],
    names,
    declared: new Set([...declared, ...variables]),
  }
}

interface Context {
  /** Whether a part declares what is a variable of the whole test. */
  readonly isLoose: (part: Part) => boolean
  readonly assigned: ReadonlySet<string>
  /** Whether the value of the last input is used by the name that a prompt has for it. */
  readonly usesLast: boolean
}

/** Names that are declared more than once, or never, and those that are declared along with such. */
function looseNames(
  parts: readonly Part[],
  assigned: ReadonlySet<string>,
  given: readonly string[],
): Set<string> {
  const all = parts.flatMap(declaredNames)
  const loose = new Set(all.filter((name, index) => all.indexOf(name) !== index || given.includes(name)))
  for (const name of assigned) {
    if (!all.includes(name) && !given.includes(name) && !(name in globalThis)) loose.add(name)
  }
  for (const part of parts) {
    const names = declaredNames(part)
    if (names.some((name) => loose.has(name))) for (const name of names) loose.add(name)
  }
  for (const name of given) loose.delete(name)
  return loose
}

/** The text of an input without its imports, which are for the top. */
function textOf(
  recorded: Recorded,
  context: Context,
): { text: string; imports: readonly string[]; input: Input } {
  const { input } = recorded
  const { source, code, program, inPlace } = input
  // Types are gone from there.
  if (program.body.length === 0) {
    return /^import\s+type\b/.test(source)
      ? { text: '', imports: [source], input }
      : { text: source, imports: [], input }
  }
  const imports: string[] = []
  const base = inPlace ? source : code
  let text = base
  for (const [index, part] of [...program.body.entries()].toReversed()) {
    const before = base.slice(part.start, part.end)
    let after = before
    if (context.isLoose(part)) after = asAssignments(part, code)
    else if (part.type === 'ImportDeclaration') {
      imports.unshift(before)
      after = ''
    } else if (part.type === 'VariableDeclaration' && part.kind === 'const') {
      if (declaredNames(part).some((name) => context.assigned.has(name)))
        after = before.replace(/^const/, 'let')
    } else if (part.type === 'ExpressionStatement' && index === program.body.length - 1) {
      after = lastExpression(part, before, recorded, context)
    }
    text = text.slice(0, part.start) + after + text.slice(part.end)
  }
  return { text: text.trim(), imports, input }
}

/** The value that the prompt has shown is waited for as there; one that was only looked at is nothing for a test. */
function lastExpression(
  { expression }: ExpressionStatement,
  text: string,
  { awaited, hasValue }: Recorded,
  { usesLast }: Context,
): string {
  const isNeeded = usesLast && hasValue
  if (!isNeeded && !doesSomething(expression)) return ''
  const isTight = /^(?:Call|Member|New|TaggedTemplate|Await|Identifier)/.test(expression.type)
  const waited = awaited ? `await ${isTight ? text : `(${text.replace(/;$/, '')})`}` : text
  return isNeeded ? `_ = ${waited}` : waited
}
