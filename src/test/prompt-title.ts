/** The title of what takes the place of a test, by which Playwright is told to run nothing else. */
export const promptTitle = 'prompt (fledge repl)'
