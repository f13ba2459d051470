import { endOf, type Row } from './rows.ts'

/** Commands in lines, so that none lies on another: below its subtest, and beside none that runs at the same time. */
export function packed(rows: readonly Row[]): Row[][] {
  const lines: Row[][] = []
  for (const row of rows) {
    const free = lines.findIndex((line) => {
      const last = line.at(-1)
      return last === undefined || endOf(last) <= row.atMs
    })
    if (free === -1) lines.push([row])
    else lines[free]?.push(row)
  }
  return lines
}
