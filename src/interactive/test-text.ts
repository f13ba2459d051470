import { inspect } from 'node:util'

import { statementsOf } from './test-statements.ts'
import type { Recorded } from './recorder.ts'

/** What a recorded test is to be. */
export interface TestPlan {
  readonly title: string
  readonly inputs: readonly Recorded[]
  /** The machines that were at the prompt, by their names; the first has to be `vm` if it is the only one. */
  readonly machines: Readonly<Record<string, MachineUse>>
  /** Names that the library exports. */
  readonly library: readonly string[]
}

/** A machine of a test. */
export interface MachineUse {
  /** Options as `test.use` has them, `image` among them. */
  readonly use: Readonly<Record<string, unknown>>
  /** The same for `launch`, without the image. */
  readonly launch: Readonly<Record<string, unknown>>
}

/** The text of a Playwright test that does what was typed at a prompt. */
export function testText({ title, inputs, machines, library }: TestPlan): string {
  const { imports, statements, names, declared } = statementsOf(inputs, Object.keys(machines))
  const all = Object.entries(machines)
  const [one] = all.length === 1 ? all : []
  const launched = one ? [] : all.map(([name, machine]) => launchLine(name, machine))
  const isUsed = (name: string): boolean => names.has(name) && !declared.has(name)
  if (!one && isUsed('vms')) launched.push(`const vms = [${Object.keys(machines).join(', ')}]`)
  const fromLibrary = library.filter((name) => isUsed(name) || (name === 'launch' && launched.length > 0))
  const lines = [
    ...(fromLibrary.length > 0 ? [`import { ${fromLibrary.toSorted().join(', ')} } from 'fledge'`] : []),
    `import { ${isUsed('expect') ? 'expect, ' : ''}test } from 'fledge/test'`,
    ...imports,
    '',
    ...(one ? [`test.use(${literal(one[1].use)})`, ''] : []),
    `test(${literal(title)}, async (${one ? '{ vm }' : ''}) => {`,
    ...[...launched, ...statements].map(indented),
    '})',
    '',
  ]
  return lines.join('\n')
}

function launchLine(name: string, { use, launch }: MachineUse): string {
  const options = Object.keys(launch).length > 0 ? `, ${literal(launch)}` : ''
  return `await using ${name} = await launch(${literal(use['image'])}${options})`
}

function literal(value: unknown): string {
  return inspect(value, {
    depth: null,
    breakLength: 100,
    compact: 3,
    maxArrayLength: null,
    maxStringLength: null,
  })
}

/** A text that goes over several lines is not changed. */
function indented(statement: string | { readonly verbatim: string }): string {
  if (typeof statement !== 'string') return `  ${statement.verbatim}`
  return statement.replaceAll(/^(?=.)/gm, '  ')
}
