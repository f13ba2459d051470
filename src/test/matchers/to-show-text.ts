import type { CallOptions, Machine } from '../../index.ts'
import { callChecks, checkValue, findText, textPattern } from './checks.ts'
import { lookUntil, type MatcherResult, type MatcherState } from './look-until.ts'

/** That a text is on the screen: in any of its lines, with any white space between its words; or a match of an expression. */
export async function toShowText(
  this: MatcherState,
  vm: Machine,
  pattern: string | RegExp,
  options: CallOptions = {},
): Promise<MatcherResult> {
  checkValue('toShowText', 'pattern', pattern, textPattern)
  return lookUntil(this, vm, {
    matcher: 'toShowText',
    subject: String(pattern),
    wanted: `${typeof pattern === 'string' ? JSON.stringify(pattern) : String(pattern)} on the screen`,
    options,
    checks: callChecks,
    look: async (bounds) => {
      const screen = await vm.getScreenText(bounds)
      return {
        pass: findText(screen, pattern) !== undefined,
        got: screen.text === '' ? 'no text' : screen.text,
      }
    },
  })
}
