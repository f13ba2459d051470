import { InvalidArgumentError } from 'commander'

/** Adds the name of an image, or of an entry of the cache, to those before it; neither can be a path. */
export function parseEntryName(text: string, before: readonly string[] = []): readonly string[] {
  if (text === '' || text.startsWith('.') || text.includes('/')) {
    throw new InvalidArgumentError('It must be the name of an image, or one that "fledge cache ls" lists')
  }
  return [...before, text]
}
