import { checkValue } from '../util/check-options.ts'
import type { Finding } from './finding.ts'

/** The commands that mend what was found, as a person would type them; none when packages mend nothing. */
export function mendingCommands(findings: readonly Finding[]): readonly (readonly string[])[] {
  checkValue('mendingCommands', 'findings', findings, (value) =>
    Array.isArray(value) && value.every((each) => typeof each === 'object' && each !== null)
      ? undefined
      : 'what examineHost gives',
  )
  const packages = [...new Set(findings.flatMap((finding) => finding.packages ?? []))].toSorted()
  if (packages.length === 0) return []
  const root = process.getuid?.() === 0 ? [] : ['sudo']
  return [
    [...root, 'apt-get', 'update'],
    [...root, 'apt-get', 'install', '--yes', '--no-install-recommends', ...packages],
  ]
}
