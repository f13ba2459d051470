import type { CallOptions, Machine } from '../../index.ts'
import { checkValue, absolutePath, text, type OptionCheck, callChecks } from './checks.ts'
import { lookUntil, type MatcherResult, type MatcherState, type Sight } from './look-until.ts'
import { fits, shortened, shown, wantedText, type Wanted } from './texts.ts'

/** What a file has to be like. */
export interface FileExpectation extends CallOptions {
  /** All of its content as a text, of which the first MiB is looked at, or an expression that is somewhere in it. */
  readonly content?: Wanted
  /** Permissions, as `0o644`. */
  readonly mode?: number
  /** A user's name, or `user:group`. */
  readonly owner?: string
}

const permissions: OptionCheck = (value) =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0o7777
    ? undefined
    : 'a number from 0 to 0o7777'

const script = `
  [ -e "$1" ] || exit 9
  stat -L -c '%a %U:%G %F' -- "$1"
  if [ "$2" = content ]; then head -c 1048576 -- "$1"; fi`

/** That a path exists in the guest, and is as wanted. Symbolic links are followed. */
export async function toHaveFile(
  this: MatcherState,
  vm: Machine,
  path: string,
  options: FileExpectation = {},
): Promise<MatcherResult> {
  checkValue('toHaveFile', 'path', path, absolutePath)
  const { content, mode, owner } = options
  return lookUntil(this, vm, {
    matcher: 'toHaveFile',
    subject: path,
    wanted: described([
      content === undefined ? undefined : `content ${shown(content)}`,
      mode === undefined ? undefined : `mode 0${mode.toString(8)}`,
      owner === undefined ? undefined : `owner ${owner}`,
    ]),
    options,
    checks: { ...callChecks, content: wantedText, mode: permissions, owner: text },
    look: async (bounds) => {
      const part = content === undefined ? 'state' : 'content'
      const result = await vm.execute(['sh', '-euc', script, 'sh', path, part], bounds)
      if (result.exitCode === 9) return { pass: false, got: 'no such file' }
      if (result.exitCode !== 0) return { pass: false, got: result.stderr.trim() }
      return compare(result.stdout, options)
    },
    lookAt: `ls -la '${path.replaceAll("'", String.raw`'\''`)}'`,
  })
}

function compare(stdout: string, { content, mode, owner }: FileExpectation): Sight {
  const head = stdout.split('\n', 1)[0] ?? ''
  const text = stdout.slice(head.length + 1)
  const [permissions = '', who = '', ...kind] = head.split(' ')
  const isOwner = owner === undefined || owner === (owner.includes(':') ? who : who.split(':')[0])
  const isMode = mode === undefined || Number.parseInt(permissions, 8) === mode
  const isContent = content === undefined || fits(text, content)
  return {
    pass: isOwner && isMode && isContent,
    got: described([
      content === undefined ? kind.join(' ') : `content ${JSON.stringify(shortened(text))}`,
      `mode 0${permissions}`,
      `owner ${who}`,
    ]),
  }
}

function described(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(', ') || 'a file'
}
