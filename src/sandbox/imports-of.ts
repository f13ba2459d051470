import { extname } from 'node:path'

import type { Node } from 'oxc-parser'
import { parseSync, Visitor } from 'oxc-parser'

/** How a file asks for another, which decides what a package gives it. */
export type ImportKind = 'import' | 'require' | 'file'

/** What a file asks for. */
export interface Import {
  /** As it is written: a relative path, a package, an alias. */
  readonly specifier: string
  readonly kind: ImportKind
}

const languages: Readonly<Record<string, 'ts' | 'tsx' | 'jsx'>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.js': 'jsx',
  '.mjs': 'jsx',
  '.cjs': 'jsx',
  '.jsx': 'jsx',
}

/** Whether a file has code that may import others. */
export function isSource(path: string): boolean {
  return Object.hasOwn(languages, extname(path))
}

/**
 * What a file of JavaScript or TypeScript imports by a name that is written in it: by statements, `import()`, `require`,
 * `require.resolve`, `import.meta.resolve` and `new URL(…, import.meta.url)`. Types are left out. Of a file that does not
 * parse nothing is known; who loads it says so.
 */
export function importsOf(path: string, text: string): readonly Import[] {
  const { program } = parseSync(path, text, { lang: languages[extname(path)] ?? 'ts' })
  const found: Import[] = []
  const add = (kind: ImportKind, node: Node | null | undefined): void => {
    const specifier = node && textOf(node)
    if (specifier !== undefined && specifier !== null && specifier !== '') found.push({ specifier, kind })
  }
  new Visitor({
    ImportDeclaration: (node) => node.importKind !== 'type' && add('import', node.source),
    ExportAllDeclaration: (node) => node.exportKind !== 'type' && add('import', node.source),
    ExportNamedDeclaration: (node) => node.exportKind !== 'type' && add('import', node.source),
    ImportExpression: (node) => add('import', node.source),
    TSImportEqualsDeclaration: ({ importKind, moduleReference }) => {
      if (importKind !== 'type' && moduleReference.type === 'TSExternalModuleReference')
        add('require', moduleReference.expression)
    },
    CallExpression: ({ callee, arguments: [first] }) => {
      if (callee.type === 'Identifier' && callee.name === 'require') add('require', first)
      if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return
      if (callee.property.name !== 'resolve') return
      if (callee.object.type === 'MetaProperty') add('import', first)
      if (callee.object.type === 'Identifier' && callee.object.name === 'require') add('require', first)
    },
    NewExpression: ({ callee, arguments: [first, base] }) => {
      const isOwnUrl = base?.type === 'MemberExpression' && base.object.type === 'MetaProperty'
      if (callee.type === 'Identifier' && callee.name === 'URL' && isOwnUrl) add('file', first)
    },
  }).visit(program)
  return found
}

/** The text that a node is, when it is written in one piece. */
function textOf(node: Node): string | undefined {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined
  if (node.type !== 'TemplateLiteral' || node.expressions.length > 0) return undefined
  return node.quasis[0]?.value.cooked ?? undefined
}
