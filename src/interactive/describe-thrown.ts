import { stripVTControlCharacters } from 'node:util'

import { CommandError, FledgeError } from '../index.ts'
import { describeError } from './describe-error.ts'
import { visible } from './visible.ts'

/** Ctrl-C ended what was typed. */
export class Interrupted extends Error {
  override name = 'Interrupted'
}

/** What a prompt says of what an input threw: fledge's errors as the command line does, others by name, message and the user's own files. */
export function describeThrown(error: unknown): string {
  if (error instanceof Interrupted) return 'Interrupted'
  if (error instanceof FledgeError) {
    // What a command said is told; that of the kernel is seldom about it.
    return describeError(error, {
      debug: Boolean(process.env['FLEDGE_DEBUG']),
      console: !(error instanceof CommandError),
    })
  }
  if (!(error instanceof Error)) return `Thrown: ${visible(String(error))}`
  // Those of expect() have colours of their own.
  const message = visible(stripVTControlCharacters(error.message))
  return [message === '' ? error.name : `${error.name}: ${message}`, ...frames(error)].join('\n')
}

/** The frames in files of the user's: not those of fledge, of packages, of Node or of what was typed. */
function frames({ stack = '' }: Error): readonly string[] {
  const own = new URL('../', import.meta.url).pathname
  return stack
    .split('\n')
    .filter((line) => /^ {4}at /.test(line) && /[( ](?:file:\/\/)?\//.test(line))
    .filter((line) => !/\/node_modules\/|\/input-\d+:/.test(line) && !line.includes(own))
    .map((line) => visible(line))
}
