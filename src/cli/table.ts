import { stripVTControlCharacters } from 'node:util'

/** Sets rows in columns that are as wide as their widest cell; those named are set to the right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const columns = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => width(row[column] ?? ''))),
  )
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const space = ' '.repeat((widths[column] ?? 0) - width(cell))
        return right.includes(column) ? space + cell : cell + space
      })
      .join('  ')
      .trimEnd()
  return rows.map(line).join('\n')
}

function width(cell: string): number {
  return stripVTControlCharacters(cell).length
}
