import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'

import type { Expression } from 'oxc-parser'
import { parseSync } from 'oxc-parser'

import { existingFile } from './existing-file.ts'

/**
 * The files of settings that loading a source file rests on: the nearest `tsconfig.json` or `jsconfig.json` from its
 * folder upwards, with those that it extends or refers to, and the nearest `package.json`.
 */
export class SettingsFiles {
  readonly #byFolder = new Map<string, readonly string[]>()

  of(file: string): readonly string[] {
    return this.#inOrAbove(dirname(file))
  }

  #inOrAbove(folder: string): readonly string[] {
    const known = this.#byFolder.get(folder)
    if (known) return known
    const above = dirname(folder) === folder ? [] : this.#inOrAbove(dirname(folder))
    const config = existingFile(join(folder, 'tsconfig.json'), join(folder, 'jsconfig.json'))
    const manifest = existingFile(join(folder, 'package.json'))
    const found = [
      ...(config === undefined ? above.filter((path) => !isManifest(path)) : withExtended(config)),
      ...(manifest === undefined ? above.filter(isManifest) : [manifest]),
    ]
    this.#byFolder.set(folder, found)
    return found
  }
}

function isManifest(path: string): boolean {
  return path.endsWith('/package.json')
}

/** A `tsconfig.json` with those that it extends or refers to. */
export function withExtended(config: string, seen: Set<string> = new Set()): readonly string[] {
  if (!seen.has(config)) {
    seen.add(config)
    for (const named of namedBy(config)) withExtended(named, seen)
  }
  return [...seen]
}

/** The files that one names. Those of packages are in `node_modules`. */
function namedBy(config: string): readonly string[] {
  // Comments and trailing commas are allowed in it, as in a script.
  const { program } = parseSync('tsconfig.js', `(${readFileSync(config, 'utf8')}\n)`, {
    preserveParens: false,
  })
  const [statement] = program.body
  if (statement?.type !== 'ExpressionStatement') return []
  const names = [
    ...texts(member(statement.expression, 'extends')),
    ...elements(member(statement.expression, 'references')).flatMap((each) => texts(member(each, 'path'))),
  ]
  return names.flatMap((name) => {
    if (!name.startsWith('.') && !isAbsolute(name)) return []
    const path = resolve(dirname(config), name)
    const found = existingFile(path, `${path}.json`, join(path, 'tsconfig.json'))
    return found === undefined ? [] : [found]
  })
}

function member(object: Expression | undefined, name: string): Expression | undefined {
  if (object?.type !== 'ObjectExpression') return undefined
  for (const property of object.properties) {
    if (property.type !== 'Property') continue
    const { key, value } = property
    if (key.type === 'Literal' ? key.value === name : key.type === 'Identifier' && key.name === name)
      return value
  }
  return undefined
}

function elements(list: Expression | undefined): readonly Expression[] {
  if (list?.type !== 'ArrayExpression') return []
  return list.elements.filter((each): each is Expression => each !== null && each.type !== 'SpreadElement')
}

/** A text, or the texts in an array. */
function texts(node: Expression | undefined): readonly string[] {
  if (node?.type === 'ArrayExpression') return elements(node).flatMap(texts)
  return node?.type === 'Literal' && typeof node.value === 'string' ? [node.value] : []
}
