import { examineHost, type Finding, mendHost, mendingCommands } from '../index.ts'
import { paint, type Style } from '../interactive/paint.ts'
import { print, printJson } from './print.ts'
import { table } from './table.ts'

const marks: Readonly<Record<Finding['state'], readonly [mark: string, style: Style]>> = {
  ok: ['✓', 'green'],
  weak: ['!', 'yellow'],
  missing: ['✗', 'red'],
}

/** Prints what is there and what is not, and mends it if asked to; 1 when something that is needed is missing. */
export async function doctor(
  { fix = false, json = false }: { fix?: boolean; json?: boolean },
  signal: AbortSignal,
): Promise<number> {
  let findings = await examineHost()
  if (fix && mendingCommands(findings).length > 0) {
    if (!json) print(`${report(findings)}\n`)
    await mendHost(findings, { signal })
    findings = await examineHost()
  }
  const lacking = findings.filter(({ state }) => state === 'missing')
  if (json) printJson({ ok: lacking.length === 0, findings, fix: commandLines(findings) })
  else print(`${report(findings)}\n\n${conclusion(findings)}`)
  return lacking.length === 0 ? 0 : 1
}

function report(findings: readonly Finding[]): string {
  const lines = table(
    findings.map(({ name, state, detail }) => {
      const [mark, style] = marks[state]
      return [paint(style, mark), name, detail]
    }),
  ).split('\n')
  return findings
    .flatMap(({ hint }, index) => [
      lines[index] ?? '',
      ...(hint === undefined ? [] : [`   ${paint('dim', hint)}`]),
    ])
    .join('\n')
}

function conclusion(findings: readonly Finding[]): string {
  const lacking = findings.filter(({ state }) => state === 'missing').map(({ name }) => name)
  if (lacking.length === 0) return 'All that fledge needs is there'
  const commands = commandLines(findings)
  const mend =
    commands.length > 0
      ? `\n"fledge doctor --fix" runs:\n${commands.map((line) => `  ${line}`).join('\n')}`
      : ''
  return `Missing: ${lacking.join(', ')}${mend}`
}

function commandLines(findings: readonly Finding[]): readonly string[] {
  return mendingCommands(findings).map((command) => command.join(' '))
}
