import { expect as base, type Expect } from '@playwright/test'

import { toHaveFile } from './matchers/to-have-file.ts'
import { toHaveLogged } from './matchers/to-have-logged.ts'
import { toHaveOpenPort } from './matchers/to-have-open-port.ts'
import { toHavePackage } from './matchers/to-have-package.ts'
import { toHaveProcess } from './matchers/to-have-process.ts'
import { toHaveUnit } from './matchers/to-have-unit.ts'
import { toMatchScreenshot } from './matchers/to-match-screenshot.ts'
import { toShowText } from './matchers/to-show-text.ts'
import { toFail, toSucceed } from './matchers/to-succeed.ts'

/** Matchers for machines. */
export type MachineMatchers = {
  readonly toFail: typeof toFail
  readonly toHaveFile: typeof toHaveFile
  readonly toHaveLogged: typeof toHaveLogged
  readonly toHaveOpenPort: typeof toHaveOpenPort
  readonly toHavePackage: typeof toHavePackage
  readonly toHaveProcess: typeof toHaveProcess
  readonly toHaveUnit: typeof toHaveUnit
  readonly toMatchScreenshot: typeof toMatchScreenshot
  readonly toShowText: typeof toShowText
  readonly toSucceed: typeof toSucceed
}

const matchers: MachineMatchers = {
  toFail,
  toHaveFile,
  toHaveLogged,
  toHaveOpenPort,
  toHavePackage,
  toHaveProcess,
  toHaveUnit,
  toMatchScreenshot,
  toShowText,
  toSucceed,
}

/**
 * Playwright's `expect`, with matchers for machines. Each looks again until what it wants is so, or its time is over: 5 s, ten
 * times that when emulated, unless `timeoutMs` says otherwise.
 *
 * @example
 * await expect(vm).toHaveUnit('nginx.service')
 * await expect(vm).toHaveFile('/etc/nginx/nginx.conf', { content: /worker_processes/, mode: 0o644, owner: 'root' })
 * await expect(vm).not.toHaveLogged('error', { unit: 'nginx.service' })
 */
export const expect: Expect<MachineMatchers> = base.extend(matchers)
