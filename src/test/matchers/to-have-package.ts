import type { CallOptions, Machine } from '../../index.ts'
import { checkValue, type OptionCheck, callChecks } from './checks.ts'
import { lookUntil, type MatcherResult, type MatcherState } from './look-until.ts'
import { fits, shown, wantedText, type Wanted } from './texts.ts'

/** What a package has to be. */
export interface PackageExpectation extends CallOptions {
  /** All of the version, with its revision and its epoch, as the package manager shows it; or an expression that is in it. */
  readonly version?: Wanted
}

const packageName: OptionCheck = (value) =>
  typeof value === 'string' && /^[\w][\w.+:@-]*$/.test(value) ? undefined : 'the name of a package'

/** Prints the version of an installed package. A manager without packages is a guest's tool, and not how it is made. */
const script = `
  if [ -s /var/lib/dpkg/status ]; then
    dpkg-query --show --showformat='\${db:Status-Status} \${Version}\\n' "$1" | sed -n 's/^installed //p'
  elif command -v rpm > /dev/null; then
    rpm --query --queryformat '%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\\n' "$1" | grep -v ' is not installed$' || true
  elif command -v apk > /dev/null; then
    apk list --installed "$1" 2> /dev/null | sed -n "s/^$1-\\([0-9][^ ]*\\) .*/\\1/p"
  elif command -v pacman > /dev/null; then pacman --query "$1" 2> /dev/null | cut -d ' ' -f 2
  else echo 'no package manager that is known' >&2; exit 9; fi`

/** That a package is installed, by dpkg, rpm, apk or pacman. */
export async function toHavePackage(
  this: MatcherState,
  vm: Machine,
  name: string,
  options: PackageExpectation = {},
): Promise<MatcherResult> {
  checkValue('toHavePackage', 'name', name, packageName)
  const { version } = options
  return lookUntil(this, vm, {
    matcher: 'toHavePackage',
    subject: name,
    wanted: version === undefined ? 'installed' : `version ${shown(version)}`,
    options,
    checks: { ...callChecks, version: wantedText },
    look: async (bounds) => {
      const { exitCode, stdout, stderr } = await vm.execute(['sh', '-uc', script, 'sh', name], bounds)
      if (exitCode === 9) return { pass: false, got: stderr.trim() }
      // Several versions of a kernel can be there.
      const versions = stdout.split('\n').filter((line) => line !== '')
      return {
        pass: versions.some((each) => version === undefined || fits(each, version)),
        got: versions.length === 0 ? 'not installed' : `version ${versions.join(', ')}`,
      }
    },
    lookAt: `if [ -s /var/lib/dpkg/status ]; then dpkg-query --list '*${name}*'; elif command -v rpm > /dev/null; then rpm --query --all '*${name}*'; elif command -v apk > /dev/null; then apk list --installed '*${name}*'; else pacman --query | grep '${name}'; fi`,
  })
}
