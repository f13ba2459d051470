import { fileURLToPath } from 'node:url'

/** The command line, beside which the bench is built. */
export const commandLine: string = fileURLToPath(new URL('../cli/main.js', import.meta.url))
