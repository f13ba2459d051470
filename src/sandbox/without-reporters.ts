/** What a run was asked for, apart: which tests, and which reporters. */
export interface ReporterArguments {
  /** The arguments without reporters. */
  readonly rest: readonly string[]
  /** From `--reporter`; none leaves those of the configuration. */
  readonly reporters?: readonly string[] | undefined
  /** From `--add-reporter`. */
  readonly added: readonly string[]
}

/** Takes the reporters out of Playwright's arguments. */
export function withoutReporters(args: readonly string[]): ReporterArguments {
  const rest: string[] = []
  const added: string[] = []
  let reporters: readonly string[] | undefined
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? ''
    const [, name, attached] = /^--(add-reporter|reporter)(?:=(.*))?$/s.exec(argument) ?? []
    if (name === undefined) {
      rest.push(argument)
      continue
    }
    const names = (attached ?? args[++index] ?? '').split(',')
    if (name === 'reporter') reporters = names
    else added.push(...names)
  }
  return { rest, reporters, added }
}
