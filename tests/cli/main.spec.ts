import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../fixtures/leaks.ts'
import { fledge } from './run-fledge.ts'

let cache: string

test.beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'fledge-cli-'))
})

test.afterAll(async () => {
  await rm(cache, { recursive: true })
})

test('fledge prints its version, and help on all commands and each', async () => {
  const version = await fledge(['--version'])
  expect(version).toMatchObject({ code: 0, stderr: '' })
  expect(version.stdout.toString()).toMatch(/^\d+\.\d+\.\d+\n$/)
  const help = await fledge(['--help'])
  expect(help).toMatchObject({ code: 0, stderr: '' })
  for (const command of ['test', 'exec', 'shell', 'images', 'cache', 'bench', 'doctor']) {
    expect(help.stdout.toString()).toContain(`\n  ${command} `)
    const own = await fledge([command, '--help'])
    expect(own.code).toBe(0)
    expect(own.stdout.toString()).toContain(`Usage: fledge ${command}`)
  }
})

for (const [args, says] of [
  [['exce'], 'Did you mean exec?'],
  [['exec'], "Missing required argument 'image'"],
  [['exec', 'debian:13-minimal', '--memry', '1', '--', 'true'], 'Did you mean --memory?'],
  [['exec', 'debian:13-minimal', '--share', 'dist', '--', 'true'], 'It must be DIR:PATH'],
  [['exec', 'debian:13-minimal', '--accelerator', 'hvf', '--', 'true'], 'Allowed choices are auto, kvm, tcg'],
  [['cache', 'prune', '--older-than', 'soon'], 'It must be a number of days'],
  [['cache', 'lst'], 'Did you mean ls?'],
  [['exec', 'freebsd:15.1', '--channel', 'agent', '--', 'true'], 'its system cannot run the agent'],
  [['exec', 'ubunut:24.04', '--', 'true'], 'Did you mean "ubuntu:24.04"?'],
  [['images', 'build', 'ubuntu:24.04'], 'fledge images pull ubuntu:24.04'],
  [
    ['test', '--image', 'openbsd:*'],
    'Those that it matches are past their support, not out yet, or unofficial',
  ],
  [['test', '--image', 'nix:*'], 'Cannot find an image that "nix:*" matches'],
  [['cache', 'rm', 'nothing-like-it'], 'nothing in the cache has that name'],
] as const) {
  test(`fledge ${args.join(' ')} is misuse, and says why`, async () => {
    // Nothing is there that a command could begin with.
    const { code, stdout, stderr } = await fledge(args, { cwd: cache, env: { FLEDGE_CACHE: cache } })
    expect(code).toBe(2)
    expect(stdout.toString()).toBe('')
    expect(stderr).toMatch(/^fledge: [A-Z]/)
    expect(stderr).toContain(says)
    expect(stderr).not.toContain('    at ')
  })
}

test('fledge cache ls, prune and verify work on an empty cache', async () => {
  const env = { FLEDGE_CACHE: cache }
  const list = await fledge(['cache', 'ls'], { env })
  expect(list).toMatchObject({ code: 0, stderr: '' })
  expect(list.stdout.toString()).toMatch(/^\S+: 0, .* free on its disk\n$/)
  expect((await fledge(['cache', 'prune'], { env })).stdout.toString()).toBe('nothing to free\n')
  const verified = await fledge(['cache', 'verify'], { env })
  expect(verified.code).toBe(0)
  expect(JSON.parse((await fledge(['cache', 'ls', '--json'], { env })).stdout.toString())).toEqual([])
})

test('fledge images ls names all images', async () => {
  const { code, stdout } = await fledge(['images', 'ls'], { env: { FLEDGE_CACHE: cache } })
  expect(code).toBe(0)
  const names = stdout
    .toString()
    .split('\n')
    .map((line) => line.split(' ')[0])
  expect(names).toContain('debian:11-minimal')
  expect(names).toContain('debian:unstable-minimal')
})

test('fledge images ls --all lists official images in columns that fit a wide terminal', async () => {
  const { code, stdout } = await fledge(['images', 'ls', '--all'], { env: { FLEDGE_CACHE: cache } })
  expect(code).toBe(0)
  const lines = stdout.toString().split('\n')
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100)
  const line = (name: string): string | undefined => lines.find((each) => each.startsWith(`${name} `))
  expect(line('ubuntu:20.04')).toMatch(/^ubuntu:20\.04 +focal +\d{8} +ended 2025-05-31 +-$/)
  expect(line('ubuntu:26.04')).toMatch(/ resolute, latest, lts +\d{8} +/)
  expect(line('rocky:8.6')).toMatch(/ ended +-$/)
  expect(line('arch:rolling')).toMatch(/ rolling +-$/)
  const { stdout: json } = await fledge(['images', 'ls', '--all', '--json'], { env: { FLEDGE_CACHE: cache } })
  const images = JSON.parse(json.toString()) as { name: string; builds?: { x86_64: { url: string } } }[]
  expect(images.filter(({ builds }) => builds === undefined)).toHaveLength(5)
  const ubuntu = images.find(({ name }) => name === 'ubuntu:26.04')
  expect(ubuntu).toMatchObject({ status: 'supported', templates: [] })
  expect(ubuntu?.builds?.x86_64.url).toContain('https://cloud-images.ubuntu.com/')
})

test('fledge doctor finds this host fit, and another not', async () => {
  const fit = await fledge(['doctor', '--json'])
  const report = JSON.parse(fit.stdout.toString()) as {
    ok: boolean
    findings: { name: string; state: string }[]
  }
  expect(report.findings.filter(({ state }) => state === 'missing')).toEqual([])
  expect(fit.code).toBe(0)
  const { code, stdout } = await fledge(['doctor'], { env: { FLEDGE_QEMU: '/none/qemu' } })
  expect(code).toBe(1)
  expect(stdout.toString()).toMatch(/^✗ {2}QEMU {2,}.*"\/none\/qemu"/m)
  expect(stdout.toString()).toContain('\nMissing: QEMU')
})

checkLeaks()
