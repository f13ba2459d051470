import { InvalidArgumentError } from 'commander'

/** Environment variables, as they are gathered. */
export type Variables = Readonly<Record<string, string>>

/** Reads `NAME=VALUE`, or `NAME` for the value that it has here, and adds it to those before it. */
export function parseVariable(text: string, before: Variables = {}): Variables {
  const at = text.indexOf('=')
  const name = at < 0 ? text : text.slice(0, at)
  const value = at < 0 ? ownVariable(name) : text.slice(at + 1)
  if (name === '') throw new InvalidArgumentError('It must be NAME=VALUE')
  if (value === undefined) {
    throw new InvalidArgumentError(`There is no variable "${name}" here to pass on; give it as ${name}=VALUE`)
  }
  return { ...before, [name]: value }
}

/** By its own name: `process.env` answers to those of an object's methods too. */
function ownVariable(name: string): string | undefined {
  return Object.hasOwn(process.env, name) ? process.env[name] : undefined
}
