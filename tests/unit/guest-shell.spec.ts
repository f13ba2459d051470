import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import { serialLogin } from '../../src/interactive/open-serial.ts'
import { mountScript } from '../../src/channel/ssh/mount-script.ts'
import { installScript } from '../../src/image/cloud/install-script.ts'
import { openrcService } from '../../src/image/cloud/openrc-service.ts'
import { bootCommand } from '../../src/image/cloud/seed.ts'
import { letRootIn } from '../../src/image/cloud/ssh-seed.ts'
import {
  catchScript,
  handler as coredumpHandler,
  listScript as listCoredumps,
} from '../../src/machine/coredumps.ts'
import { unpackFile, unpackFolder } from '../../src/machine/files.ts'
import { pack } from '../../src/machine/tar-stream.ts'
import { ownScript } from '../../src/template/claim-over-ssh.ts'
import { finish } from '../../src/template/first-boot-over-ssh.ts'
import { growRootScript } from '../../src/template/grow-root.ts'
import { probe9p } from '../../src/template/mounts-9p.ts'
import { bootMark, powerOff } from '../../src/template/init-system.ts'
import { untilItHasItsDevices } from '../../src/template/power-source.ts'
import { isUp, settleUdev, untilOpenrcsUdevRests } from '../../src/template/settle-openrc.ts'
import { untilSystemdsUdevRests } from '../../src/template/settle-systemd.ts'
import {
  coredumps,
  failedUnits,
  kernelErrors,
  services,
  systemLog,
  whereSystemdIs,
} from '../../src/test/collect-evidence.ts'
import { checkLeaks } from '../fixtures/leaks.ts'

/** All shell that fledge sends to guests, by the name that its code has for it. */
const named: Readonly<Record<string, string>> = {
  bootCommand,
  bootMark,
  catchCoredumps: catchScript,
  coredumpHandler,
  listCoredumps,
  coredumps: coredumps('@1'),
  failedUnits,
  finish,
  growRootScript,
  installScript: installScript(['noisy.timer']),
  isUp,
  kernelErrors,
  letRootIn: letRootIn('ssh-ed25519 AAAA', ['noisy.timer']),
  mountScript: mountScript({ source: 'a', target: '/b', type: '9p' }),
  openrcService,
  ownScript: ownScript('web', new Uint8Array(4), 0),
  pack,
  probe9p,
  powerOff,
  serialLogin,
  services,
  settleUdev,
  systemLog,
  unpackFile,
  unpackFolder,
  untilOpenrcsUdevRests,
  untilItHasItsDevices,
  untilSystemdsUdevRests,
  whereSystemdIs,
}

const template = join(import.meta.dirname, '../../src/template')
const sources = readdirSync(template).map((file) => readFileSync(join(template, file), 'utf8'))
/** What is asked of a machine before it has verbs: a text as it stands, or a name. */
const asked = sources.flatMap((source) =>
  [...source.matchAll(/\bask\(\s*[\w.]+,\s*(?:'([^']+)'|([\w ?:]+)),\s*[\w.]+,?\s*(?:'[^']*',?\s*)?\)/g)].map(
    ([, text, names]) => ({ text, names: (names ?? '').match(/\b[a-z]\w+\b/g) ?? [] }),
  ),
)

const scripts = Object.entries({
  ...named,
  ...Object.fromEntries(asked.flatMap(({ text }) => (text === undefined ? [] : [[text, text]]))),
})

for (const [shell, ...args] of [['dash'], ['busybox', 'ash'], ['bash', '--posix']] as const) {
  for (const [name, script] of scripts) {
    test(`${shell} reads ${name.slice(0, 60)}`, () => {
      const run = spawnSync(shell, [...args, '-n'], { input: script, encoding: 'utf8' })
      expect(run.error).toBeUndefined()
      expect(run.stderr).toBe('')
      expect(run.status).toBe(0)
    })
  }
}

/** What a busybox takes for what it is, and other shells for something else. */
const notPosix = /\[\[|<<<|\$'|&>|\bpipefail\b|^\s*(?:function|local|source|declare) |==|\{[0-9]+\.\.|<\(/m

for (const [name, script] of scripts) {
  test(`${name.slice(0, 60)} has nothing that POSIX does not know`, () => {
    const here = script
      .replaceAll(/<<'?FLEDGE_FILE'?\n[\s\S]*?\nFLEDGE_FILE$/gm, '')
      .replaceAll(/awk '[^']*'/g, '')
    expect(here.match(notPosix)?.[0]).toBeUndefined()
  })
}

test('the names that are asked stand in the table of this test', () => {
  const variables = new Set(['script', 'untilUdevRests'])
  const names = asked.flatMap((each) => each.names).filter((name) => !variables.has(name))
  expect(names.length).toBeGreaterThan(4)
  expect(names.filter((name) => !(name in named))).toEqual([])
  const calls = sources.flatMap((source) => source.match(/(?<!function |\.)\bask\(/g) ?? [])
  expect(asked).toHaveLength(calls.length)
})

checkLeaks()
