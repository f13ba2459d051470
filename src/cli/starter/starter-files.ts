/** Where the tests are. Not in `tests` itself, where another runner may have its own. */
export const testFolder = 'tests/machines'

/** A file with code of a module in it: its name says so where the `package.json` does not. */
export function codeFile(name: string, { isModule }: { readonly isModule: boolean }): string {
  return `${name}.${isModule ? 'ts' : 'mts'}`
}

/** A text as JavaScript has it. */
export function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`
}
