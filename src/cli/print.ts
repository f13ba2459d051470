import { visible } from '../interactive/visible.ts'

/** Prints lines to standard output; colours stay, anything else that steers a terminal is made visible. */
export function print(text: string): void {
  // oxlint-disable-next-line no-control-regex
  const parts = text.split(/(\u001b\[\d+m)/)
  process.stdout.write(`${parts.map((part, index) => (index % 2 === 1 ? part : visible(part))).join('')}\n`)
}

/** Prints a value for programs. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}
