import { fileURLToPath } from 'node:url'

/** A line of a source file, as Playwright wants it. */
export interface Location {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** Where fledge's own files are. */
const ownFolder = fileURLToPath(new URL('../', import.meta.url))

/** The calls that led here and are not fledge's own, innermost first, as lines of a stack. */
export function userFrames(): string[] {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 50
  const { stack = '' } = new Error('where')
  Error.stackTraceLimit = stackTraceLimit
  return onlyUserFrames(stack)
}

/** The lines of a stack that are frames in files of neither fledge nor Node. */
export function onlyUserFrames(stack: string, own: string = ownFolder): string[] {
  return stack.split('\n').filter((line) => {
    const file = locationOf(line)?.file
    return file !== undefined && !file.startsWith(own)
  })
}

/** The place that a line of a stack names, if it is a file's. */
export function locationOf(frame: string): Location | undefined {
  const match = /^\s+at (?:.* \()?(?:async )?((?:file:\/\/)?\/.*?):(\d+):(\d+)\)?$/.exec(frame)
  const [, path, line, column] = match ?? []
  if (path === undefined) return undefined
  const file = path.startsWith('file:') ? fileURLToPath(path) : path
  return { file, line: Number(line), column: Number(column) }
}
