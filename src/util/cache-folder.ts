import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** The folder of images and templates: `FLEDGE_CACHE`, else `fledge` in `XDG_CACHE_HOME` or `~/.cache`. */
export function cacheFolder(): string {
  const named = process.env['FLEDGE_CACHE']
  if (named) return resolve(named)
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'fledge')
}
