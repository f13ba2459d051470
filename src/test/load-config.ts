import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

import type { PlaywrightTestConfig } from '@playwright/test'

/**
 * Loads a user's configuration in a process of Playwright, which lets both kinds of modules be TypeScript: each by
 * its own way in.
 */
export async function loadConfig(path: string): Promise<PlaywrightTestConfig> {
  const loaded: unknown = isModule(path)
    ? await import(pathToFileURL(path).href)
    : createRequire(import.meta.url)(path)
  return (loaded as { default?: PlaywrightTestConfig }).default ?? (loaded as PlaywrightTestConfig)
}

/** Whether a file is an ES module, by its name or by its package. */
function isModule(path: string): boolean {
  const kind = extname(path).at(1)
  if (kind === 'm' || kind === 'c') return kind === 'm'
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const file = join(folder, 'package.json')
    if (existsSync(file))
      return (JSON.parse(readFileSync(file, 'utf8')) as { type?: string }).type === 'module'
    if (folder === dirname(folder)) return false
  }
}
