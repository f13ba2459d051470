import { lstatSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

import { ResolverFactory } from 'oxc-resolver'

import { existingFile } from './existing-file.ts'
import { type Import, type ImportKind, importsOf, isSource } from './imports-of.ts'
import { SettingsFiles } from './settings-files.ts'

/** What some files import, directly or not. */
export interface Closure {
  /** Sources and other files, and the links on the way to them; sorted. */
  readonly files: readonly string[]
  /** Each `package.json` and `tsconfig.json` that says how they are loaded; sorted. */
  readonly settings: readonly string[]
  /** The outermost `node_modules` of each package. */
  readonly packageFolders: readonly string[]
}

/** In which order Playwright looks for a file whose extension is left out. */
const extensions = ['.js', '.ts', '.jsx', '.tsx', '.cjs', '.mjs', '.cts', '.mts', '.json']
/** Sources import each other by the names that they will have when they are compiled. */
const extensionAlias = {
  '.js': ['.js', '.jsx', '.ts', '.tsx'],
  '.jsx': ['.jsx', '.tsx'],
  '.cjs': ['.cjs', '.cts'],
  '.mjs': ['.mjs', '.mts'],
}

/** One file: what it asks for, as far as it is there. */
interface Sight {
  readonly targets: readonly string[]
  readonly links: readonly string[]
  readonly settings: readonly string[]
  readonly packageFolders: readonly string[]
}

/**
 * Finds what files import without running them: each is read once, however many want it. Files of packages are not
 * looked into, unless the package is linked from outside of any `node_modules`, as those of a workspace are.
 */
export class ImportGraph {
  readonly #sights = new Map<string, Sight>()
  readonly #settings = new SettingsFiles()
  readonly #resolvers: Readonly<Record<'import' | 'require', ResolverFactory>>
  readonly #withoutSettings: ResolverFactory
  /** Takes links for what they are named. */
  readonly #asNamed: ResolverFactory
  readonly #isOwn: (path: string) => boolean

  /**
   * @param tsconfig the one for all files; without, the nearest of each
   * @param isOwn the files of fledge itself, which are known without being read
   */
  constructor({
    tsconfig,
    isOwn = () => false,
  }: { readonly tsconfig?: string | undefined; readonly isOwn?: (path: string) => boolean } = {}) {
    this.#isOwn = isOwn
    const plain = { extensions, extensionAlias, builtinModules: true }
    const common = {
      ...plain,
      tsconfig: tsconfig === undefined ? ('auto' as const) : { configFile: tsconfig },
    }
    this.#resolvers = {
      import: new ResolverFactory({ ...common, conditionNames: ['node', 'import', 'module-sync'] }),
      require: new ResolverFactory({ ...common, conditionNames: ['node', 'require', 'module-sync'] }),
    }
    // Playwright reads on where a tsconfig.json extends what is not there.
    this.#withoutSettings = new ResolverFactory({ ...plain, conditionNames: ['node', 'import', 'require'] })
    this.#asNamed = this.#resolvers.import.cloneWithOptions({
      ...common,
      conditionNames: ['node', 'import', 'module-sync'],
      symlinks: false,
    })
  }

  closure(roots: readonly string[]): Closure {
    const files = new Set<string>()
    const settings = new Set<string>()
    const packageFolders = new Set<string>()
    const waiting = [...roots]
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      if (files.has(file)) continue
      files.add(file)
      const sight = this.#look(file)
      for (const link of sight.links) files.add(link)
      for (const each of sight.settings) settings.add(each)
      for (const folder of sight.packageFolders) packageFolders.add(folder)
      waiting.push(...sight.targets)
    }
    return {
      files: [...files].toSorted(),
      settings: [...settings].toSorted(),
      packageFolders: [...packageFolders].toSorted(),
    }
  }

  #look(file: string): Sight {
    const known = this.#sights.get(file)
    if (known) return known
    const sight = isSource(file) ? this.#read(file) : empty
    this.#sights.set(file, sight)
    return sight
  }

  #read(file: string): Sight {
    const targets: string[] = []
    const links: string[] = []
    const packageFolders: string[] = []
    for (const wanted of importsOf(file, readFileSync(file, 'utf8'))) {
      const found = this.#resolve(file, wanted)
      if (found === undefined || this.#isOwn(found)) continue
      const modules = packageFolderOf(found)
      if (modules !== undefined) packageFolders.push(modules)
      else targets.push(found)
      links.push(...this.#linksTo(file, wanted, found))
    }
    return { targets, links, settings: this.#settings.of(file), packageFolders }
  }

  #resolve(file: string, { specifier, kind }: Import): string | undefined {
    if (kind === 'file') return existingFile(resolve(dirname(file), specifier))
    const found = this.#resolvers[kind satisfies ImportKind].resolveFileSync(file, specifier)
    if (found.path !== undefined || found.builtin) return found.path
    return this.#withoutSettings.resolveFileSync(file, specifier).path
  }

  /** Links on the way to a file, which have to be there as well; those in a `node_modules` are. */
  #linksTo(file: string, { specifier, kind }: Import, found: string): readonly string[] {
    const named =
      kind === 'file'
        ? resolve(dirname(file), specifier)
        : this.#asNamed.resolveFileSync(file, specifier).path
    return named === undefined || named === found ? [] : linksIn(named)
  }
}

const empty: Sight = { targets: [], links: [], settings: [], packageFolders: [] }

/** The outermost `node_modules` that a path is in. */
export function packageFolderOf(path: string): string | undefined {
  const parts = path.split('/')
  const index = parts.indexOf('node_modules')
  return index === -1 ? undefined : parts.slice(0, index + 1).join('/')
}

/** The symbolic links that a path goes through, itself among them, outside of `node_modules`. */
export function linksIn(path: string): readonly string[] {
  const links: string[] = []
  for (let each = path; each !== dirname(each); each = dirname(each)) {
    const isLink = lstatSync(each, { throwIfNoEntry: false })?.isSymbolicLink()
    if (isLink && packageFolderOf(each) === undefined) links.push(each)
  }
  return links
}
