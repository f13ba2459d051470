import { visibleButStyles } from '../interactive/visible.ts'

/** Prints lines to standard output; colours stay, anything else that steers a terminal is made visible. */
export function print(text: string): void {
  process.stdout.write(`${visibleButStyles(text)}\n`)
}

/** Prints a value for programs. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}
