import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { examineHost, type Finding, mendHost, mendingCommands } from '../../../src/index.ts'
import { findProgram } from '../../../src/util/find-program.ts'

/** A host whose PATH has only what is put there. */
interface BareHost extends AsyncDisposable {
  readonly folder: string
  /** Adds a shell script, or another with its interpreter. */
  script(name: string, text: string, interpreter?: string): Promise<string>
}

const variables = ['PATH', 'FLEDGE_QEMU', 'FLEDGE_CACHE', 'FLEDGE_MIRROR']

async function bareHost(tools: readonly string[]): Promise<BareHost> {
  const folder = await mkdtemp(join(tmpdir(), 'fledge-doctor-'))
  const bin = join(folder, 'bin')
  await mkdir(bin)
  for (const tool of tools) {
    const path = await findProgram(tool)
    if (path !== undefined) await symlink(path, join(bin, tool))
  }
  const before = variables.map((name) => [name, process.env[name]] as const)
  process.env['PATH'] = bin
  process.env['FLEDGE_CACHE'] = join(folder, 'cache')
  delete process.env['FLEDGE_QEMU']
  delete process.env['FLEDGE_MIRROR']
  return {
    folder,
    script: async (name, text, interpreter = '/bin/sh') => {
      await writeFile(join(bin, name), `#!${interpreter}\n${text}`)
      await chmod(join(bin, name), 0o755)
      return join(bin, name)
    },
    [Symbol.asyncDispose]: async () => {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
      await rm(folder, { recursive: true })
    },
  }
}

const aborted = { code: 'ERR_FLEDGE_ABORTED' }

function find(findings: readonly Finding[], name: string): Finding | undefined {
  return findings.find((finding) => finding.name === name)
}

/** A QEMU that knows QMP, and answers every question of what it can do with next to nothing. */
function fakeQemu(version: string): string {
  const [major, minor, micro] = version.split('.').map(Number)
  return `
    const answers = {
      'query-version': { qemu: ${JSON.stringify({ major, minor, micro })}, package: 'fake' },
      qmp_capabilities: {},
    }
    console.log(JSON.stringify({ QMP: {} }))
    let rest = ''
    process.stdin.on('data', (text) => {
      const lines = (rest + text).split('\\n')
      rest = lines.pop()
      for (const line of lines) {
        const { execute, id } = JSON.parse(line)
        console.log(JSON.stringify({ return: answers[execute] ?? [], id }))
      }
    })`
}

test('examineHost() names the package of each tool that is missing', async () => {
  await using _ = await bareHost(['sh', 'cp', 'flock', 'setpriv', 'unshare', 'true'])
  const findings = await examineHost()
  expect(find(findings, 'QEMU')).toMatchObject({ state: 'missing', packages: ['qemu-system-x86'] })
  expect(find(findings, 'mmdebstrap')).toMatchObject({
    state: 'missing',
    detail: 'no mmdebstrap',
    packages: ['mmdebstrap'],
  })
  expect(find(findings, 'apt')?.state).toBe('missing')
  expect(find(findings, 'util-linux')?.state).toBe('ok')
  expect(find(findings, 'coreutils')?.state).toBe('ok')
  expect(find(findings, 'Node')?.state).toBe('ok')
  const [update, install] = mendingCommands(findings)
  expect(update?.slice(-2)).toEqual(['apt-get', 'update'])
  expect(install).toContain('--no-install-recommends')
  expect(install).toContain('qemu-system-x86')
})

test('examineHost() refuses a QEMU that is too old', async () => {
  await using host = await bareHost(['setpriv'])
  process.env['FLEDGE_QEMU'] = await host.script('old-qemu', fakeQemu('6.2.0'), process.execPath)
  expect(find(await examineHost(), 'QEMU')).toMatchObject({
    state: 'missing',
    detail: expect.stringContaining('6.2.0'),
    hint: expect.stringContaining('FLEDGE_QEMU'),
  })
})

test('examineHost() tells which devices a QEMU lacks', async () => {
  await using host = await bareHost(['setpriv'])
  process.env['FLEDGE_QEMU'] = await host.script('bare-qemu', fakeQemu('9.1.0'), process.execPath)
  const finding = find(await examineHost(), 'QEMU')
  expect(finding?.state).toBe('missing')
  for (const name of ['virtio-9p-pci', 'pvpanic', 'vmgenid', 'xen-save-devices-state', 'hubport'])
    expect(finding?.detail).toContain(name)
})

test('examineHost() does not take a QEMU for missing that cannot be asked for want of setpriv', async () => {
  await using host = await bareHost([])
  await host.script('qemu-system-x86_64', fakeQemu('9.1.0'), process.execPath)
  expect(find(await examineHost(), 'QEMU')).toMatchObject({
    state: 'missing',
    detail: 'Cannot find the program "setpriv"',
    hint: expect.stringContaining('util-linux'),
  })
})

test('examineHost() tells whether runs can be sealed, and why not', async () => {
  await using host = await bareHost(['true'])
  expect(find(await examineHost(), 'bubblewrap')).toMatchObject({
    state: 'weak',
    detail: 'no bwrap, which fledge test --sandbox needs',
    hint: 'Run "sudo apt-get install bubblewrap"',
  })
  expect(find(await examineHost(), 'sealed runs')).toBe(undefined)
  await host.script('bwrap', 'echo "bwrap: No permissions to create new namespace" >&2; exit 1')
  expect(find(await examineHost(), 'sealed runs')).toMatchObject({
    state: 'weak',
    detail: 'Cannot seal a run on this host: No permissions to create new namespace',
    hint: expect.stringContaining('user.max_user_namespaces'),
  })
  await host.script('bwrap', 'exit 0')
  expect(find(await examineHost(), 'sealed runs')?.state).toBe('ok')
})

test('examineHost() refuses a named mirror with a password, and does not show it', async () => {
  await using _ = await bareHost([])
  process.env['FLEDGE_MIRROR'] = 'https://me:secret@mirror.example/debian'
  const findings = await examineHost()
  expect(find(findings, 'mirror')?.state).toBe('missing')
  expect(JSON.stringify(findings)).not.toContain('secret')
})

test('examineHost() takes a named mirror, and tells of a cache that cannot be written', async () => {
  await using host = await bareHost([])
  process.env['FLEDGE_MIRROR'] = 'http://mirror.example/debian'
  process.env['FLEDGE_CACHE'] = join(await host.script('file', ''), 'cache')
  const findings = await examineHost()
  expect(find(findings, 'mirror')).toMatchObject({
    state: 'ok',
    detail: 'http://mirror.example/debian, from FLEDGE_MIRROR',
  })
  expect(find(findings, 'cache')).toMatchObject({
    state: 'missing',
    detail: expect.stringContaining('cannot be written'),
    hint: expect.stringContaining('FLEDGE_CACHE'),
  })
})

test('mendingCommands() has nothing to run for what no package mends', () => {
  expect(mendingCommands([{ name: 'mirror', state: 'missing', detail: '', hint: 'Name one' }])).toEqual([])
  expect(mendingCommands([])).toEqual([])
})

test('mendHost() runs apt-get, as root or through sudo, and stops where that fails', async () => {
  await using host = await bareHost(['sh'])
  const log = join(host.folder, 'log')
  await host.script('sudo', `echo sudo >> ${log}; exec "$@"`)
  await host.script('apt-get', `echo "$*" >> ${log}; [ "$1" != install ] || exit 7`)
  const findings: Finding[] = [
    { name: 'QEMU', state: 'missing', detail: '', packages: ['qemu-system-x86'] },
    { name: 'mmdebstrap', state: 'missing', detail: '', packages: ['mmdebstrap'] },
  ]
  await expect(mendHost(findings)).rejects.toThrow('failed with exit code 7')
  const lines = (await readFile(log, 'utf8'))
    .trim()
    .split('\n')
    .filter((line) => line !== 'sudo')
  expect(lines).toEqual(['update', 'install --yes --no-install-recommends mmdebstrap qemu-system-x86'])
})

test('mendHost() that is aborted ends apt-get, and says so as all else does', async () => {
  await using host = await bareHost(['sh', 'sleep'])
  await host.script('sudo', 'exec "$@"')
  await host.script('apt-get', 'exec sleep 1000')
  const findings: Finding[] = [{ name: 'QEMU', state: 'missing', detail: '', packages: ['qemu-system-x86'] }]
  await expect(mendHost(findings, { signal: AbortSignal.abort() })).rejects.toMatchObject(aborted)
  await expect(mendHost(findings, { signal: AbortSignal.timeout(300) })).rejects.toMatchObject(aborted)
})

test('mendHost() says so where there is no apt-get', async () => {
  await using _ = await bareHost(['sh'])
  await expect(
    mendHost([{ name: 'QEMU', state: 'missing', detail: '', packages: ['qemu-system-x86'] }]),
  ).rejects.toMatchObject({
    code: 'ERR_FLEDGE_TOOL_MISSING',
    hint: expect.stringContaining('other distributions'),
  })
})

checkLeaks()
