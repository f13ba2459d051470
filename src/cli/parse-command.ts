import { InvalidArgumentError } from 'commander'

/** Adds one more to a program and its arguments; an argument may be empty, and a program may not. */
export function parseCommand(text: string, before: readonly string[] = []): readonly string[] {
  if (text === '' && before.length === 0) {
    throw new InvalidArgumentError('It must be a program, by its name or its path, and its arguments')
  }
  return [...before, text]
}
