import type { AnyNode, Expression, Pattern, Program, Statement, ModuleDeclaration } from 'acorn'

/** What stands at the top of an input. */
export type Part = Statement | ModuleDeclaration

/** The names that a part declares for those that follow. */
export function declaredNames(part: Part): readonly string[] {
  if (part.type === 'VariableDeclaration') return part.declarations.flatMap(({ id }) => namesIn(id))
  if (part.type === 'FunctionDeclaration' || part.type === 'ClassDeclaration') return [part.id.name]
  if (part.type === 'ImportDeclaration') return part.specifiers.map(({ local }) => local.name)
  return []
}

/** The names that a pattern, as of a destructuring, binds. */
function namesIn(pattern: Pattern): readonly string[] {
  if (pattern.type === 'Identifier') return [pattern.name]
  if (pattern.type === 'RestElement') return namesIn(pattern.argument)
  if (pattern.type === 'AssignmentPattern') return namesIn(pattern.left)
  if (pattern.type === 'ArrayPattern') return pattern.elements.flatMap((each) => (each ? namesIn(each) : []))
  if (pattern.type === 'MemberExpression') return []
  return pattern.properties.flatMap((each) =>
    namesIn(each.type === 'RestElement' ? each.argument : each.value),
  )
}

/** The names that are assigned to somewhere in a program, those of inner scopes among them. */
export function assignedNames(program: Program): ReadonlySet<string> {
  const names = new Set<string>()
  visit(program, (node) => {
    if (node.type === 'AssignmentExpression') for (const name of namesIn(node.left)) names.add(name)
    if (node.type === 'UpdateExpression' && node.argument.type === 'Identifier') names.add(node.argument.name)
    const isLoop = node.type === 'ForInStatement' || node.type === 'ForOfStatement'
    if (isLoop && node.left.type !== 'VariableDeclaration') {
      for (const name of namesIn(node.left)) names.add(name)
    }
  })
  return names
}

/** Whether an expression can do more than look at something. */
export function doesSomething(expression: Expression): boolean {
  let does = false
  visit(expression, ({ type }) => {
    does ||= /^(?:Call|New|Assignment|Update|Await|TaggedTemplate|Import|Yield)Expression$/.test(type)
  })
  return does
}

function visit(node: AnyNode, look: (node: AnyNode) => void): void {
  look(node)
  for (const value of Object.values(node) as unknown[]) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (isNode(each)) visit(each, look)
    }
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && typeof (value as Partial<AnyNode>).type === 'string'
}
