import type { TestInfoError } from '@playwright/test'

import { visibleButStyles } from '../interactive/visible.ts'

/**
 * Makes what a guest has said in errors of a test such that no terminal obeys it, in place: an assertion shows what a command gave, and reporters
 * print that as it is. Colours stay, as they are Playwright's.
 */
export function tameErrors(errors: readonly TestInfoError[]): void {
  for (const error of errors) {
    for (const key of ['message', 'stack', 'value'] as const) {
      if (error[key] !== undefined) error[key] = visibleButStyles(error[key])
    }
    if (error.cause !== undefined) tameErrors([error.cause])
  }
}
