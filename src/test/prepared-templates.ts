import { prepare, type LaunchOptions, type Prepared } from '../index.ts'

const templates = new Map<string, Promise<Prepared>>()

/** Makes sure that there is a template, and looks only once in the life of this worker. */
export async function preparedTemplate(image: string, options: LaunchOptions): Promise<Prepared> {
  const key = JSON.stringify([image, options])
  const known = templates.get(key)
  if (known) return known
  const made = prepare(image, options)
  templates.set(key, made)
  // A mirror that was away may be back for the next test.
  made.catch(() => templates.delete(key))
  return made
}
