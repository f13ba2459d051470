import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'

import { packageFolderOf } from './import-graph.ts'

/** Every `node_modules` that is looked into from a folder: its own and those above. */
export function packageFoldersAbove(folder: string): readonly string[] {
  const found: string[] = []
  for (let each = folder; ; each = dirname(each)) {
    const modules = join(each, 'node_modules')
    if (existsSync(modules)) found.push(modules)
    if (each === dirname(each)) return found
  }
}

/** Where links in a `node_modules` lead that leave it: to the packages of a workspace, or to what `npm link` has put there. */
export function linkedPackages(modules: string): readonly string[] {
  const inside = `${realpathSync(modules)}${sep}`
  return readdirSync(modules, { withFileTypes: true }).flatMap((entry) => {
    const path = join(modules, entry.name)
    if (entry.name.startsWith('@') && entry.isDirectory()) return linksIn(path, inside)
    return entry.isSymbolicLink() ? leaving(path, inside) : []
  })
}

function linksIn(scope: string, inside: string): readonly string[] {
  const links = readdirSync(scope, { withFileTypes: true }).filter((entry) => entry.isSymbolicLink())
  return links.flatMap(({ name }) => leaving(join(scope, name), inside))
}

function leaving(link: string, inside: string): readonly string[] {
  if (!existsSync(link)) return []
  const real = realpathSync(link)
  return real.startsWith(inside) ? [] : [packageFolderOf(real) ?? real]
}
