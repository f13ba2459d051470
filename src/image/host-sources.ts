import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { hasCode } from '../util/has-code.ts'
import { type AptSource, parseDeb822Sources, parseOneLineSources } from './apt-sources.ts'

/** Reads the host's sources of packages, with lists of mirrors (`mirror+file:`) replaced by what they list. */
export async function readHostSources(folder = '/etc/apt'): Promise<readonly AptSource[]> {
  const parts = join(folder, 'sources.list.d')
  const names = (await readdir(parts).catch(absent)) ?? []
  const paths = [join(folder, 'sources.list'), ...names.toSorted().map((name) => join(parts, name))]
  const sources = await Promise.all(paths.map(readSources))
  return Promise.all(sources.flat().map(withListedMirrors))
}

async function readSources(path: string): Promise<readonly AptSource[]> {
  const parse = path.endsWith('.sources')
    ? parseDeb822Sources
    : path.endsWith('.list')
      ? parseOneLineSources
      : undefined
  const text = parse && (await readFile(path, 'utf8').catch(absent))
  return parse && text !== undefined ? parse(text) : []
}

async function withListedMirrors(source: AptSource): Promise<AptSource> {
  const uris = await Promise.all(
    source.uris.map(async (uri) => {
      const path = /^mirror\+file:(?:\/\/)?(\/.*)$/.exec(uri)?.[1]
      if (path === undefined) return [uri]
      const text = (await readFile(path, 'utf8').catch(absent)) ?? ''
      return text.split('\n').flatMap((line) => /^[^#\s]\S*/.exec(line)?.[0] ?? [])
    }),
  )
  return { ...source, uris: uris.flat() }
}

function absent(error: unknown): undefined {
  if (hasCode(error, 'ENOENT') || hasCode(error, 'EACCES') || hasCode(error, 'ENOTDIR')) return undefined
  throw error
}
