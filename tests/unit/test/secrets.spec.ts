import { expect, test } from '@playwright/test'
import * as fc from 'fast-check'

import { CommandError } from '../../../src/index.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { mask, secretNames, Secrets } from '../../../src/test/secrets.ts'

test('secretNames knows the names that secrets have, and not those of other variables', () => {
  const secret = ['DB_PASSWORD', 'passwd', 'GITHUB_TOKEN', 'client_secret', 'API_KEY', 'apikey', 'SSH_KEY']
  expect(secret.filter((name) => !secretNames.test(name))).toEqual([])
  const harmless = [
    'PATH',
    'LANG',
    'KEYBOARD',
    'MONKEY',
    'HOME',
    'DEBIAN_FRONTEND',
    'COMPASS',
    'BYPASS_CACHE',
  ]
  expect(harmless.filter((name) => secretNames.test(name))).toEqual([])
})

test('Secrets.hide() hides values of secret variables wherever they are, and those of others nowhere', () => {
  const secrets = new Secrets()
  secrets.learn({ DB_PASSWORD: 'a.b*c$', MODE: 'production', API_KEY: 'xy' })
  expect(secrets.hide('psql a.b*c$ --mode production xy aXbc$')).toBe(
    `psql ${mask} --mode production xy aXbc$`,
  )
})

test('Secrets.hide() hides the longest of secrets that begin alike, and each line of a key', () => {
  const secrets = new Secrets()
  secrets.learn({ TOKEN: 'abcd', SECOND_TOKEN: 'abcdefgh' })
  secrets.learn({ PRIVATE_KEY: '-----BEGIN-----\nc2VjcmV0\n' })
  expect(secrets.hide('abcdefgh abcd')).toBe(`${mask} ${mask}`)
  expect(secrets.hide('line 2: c2VjcmV0')).toBe(`line 2: ${mask}`)
})

test('Secrets.hide() leaves nothing of any secret', () => {
  const value = fc
    .string({ minLength: 4 })
    .filter((text) => text.trim().length >= 4 && !mask.includes(text.trim()))
  fc.assert(
    fc.property(value, fc.string(), fc.string(), (secret, before, after) => {
      const secrets = new Secrets()
      secrets.learn({ PASSWORD: secret })
      expect(secrets.hide(`${before}${secret}${after}`)).not.toContain(secret)
    }),
  )
})

test('Secrets takes the names that it is given, of any flags', () => {
  const secrets = new Secrets(/^DSN$/g)
  secrets.learn({ DSN: 'postgres://u:p@h' })
  secrets.learn({ DSN: 'postgres://second' })
  secrets.learn({ PASSWORD: 'known' })
  expect(secrets.hide('postgres://u:p@h postgres://second known')).toBe(`${mask} ${mask} known`)
})

test('Secrets.hideInError() hides in every text of an error and of its causes', () => {
  const secrets = new Secrets()
  secrets.learn({ TOKEN: 'hunter22' })
  const outcome = {
    command: 'login hunter22',
    exitCode: 1,
    stdout: 'hunter22',
    stderr: 'no hunter22',
    timedOut: false,
    durationMs: 5,
  }
  const error = new CommandError('ERR_FLEDGE_COMMAND_FAILED', '"login hunter22" failed', outcome, {
    consoleTail: 'hunter22',
    cause: new Error('inner hunter22'),
  })
  secrets.hideInError(error)
  const { message, stack, command, stdout, stderr, consoleTail, cause } = error
  const texts = [
    message,
    stack,
    command,
    stdout,
    stderr,
    consoleTail,
    (cause as Error).message,
    (cause as Error).stack,
  ]
  for (const text of texts) expect(text).not.toContain('hunter22')
  expect(error).toMatchObject({ code: 'ERR_FLEDGE_COMMAND_FAILED', exitCode: 1, command: `login ${mask}` })
})

checkLeaks()
