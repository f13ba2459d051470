import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { parseDeb822Sources, parseOneLineSources } from '../../../src/image/apt-sources.ts'
import { findDebianMirror } from '../../../src/image/debian-mirror.ts'
import { readHostSources } from '../../../src/image/host-sources.ts'
import { sourceLines } from '../../../src/image/package-sources.ts'

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

test('findDebianMirror() reads the deb822 form, with comments, folded lines and other sources', () => {
  const sources = parseDeb822Sources(`Types: deb
# a comment inside
URIs: http://mirror.example/debian/
Suites: bookworm
 bookworm-updates
Components: main
Signed-By: ${keyring}

Types: deb deb-src
URIs: https://security.mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: ${keyring}

Types: deb
Enabled: no
URIs: http://disabled.example/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://source.example/debian
Suites: bookworm
Components: main
`)
  expect(sources).toHaveLength(2)
  expect(findDebianMirror(sources)).toEqual({
    main: 'http://mirror.example/debian',
    security: 'https://security.mirror.example/debian-security',
  })
})

test('findDebianMirror() reads the one-line form', () => {
  const sources = parseOneLineSources(`# deb http://comment.example/debian trixie main
deb-src http://source.example/debian trixie main
deb [arch=amd64 signed-by=${keyring}] ftp://mirror.example/debian trixie main contrib # why
deb http://security.mirror.example trixie-security main
`)
  expect(findDebianMirror(sources)).toEqual({
    main: 'ftp://mirror.example/debian',
    security: 'http://security.mirror.example',
  })
})

test('findDebianMirror() passes over others that use the code names of Debian', () => {
  const sources =
    parseOneLineSources(`deb [signed-by=/etc/apt/keyrings/other.gpg] https://other.example/debian trixie main
deb https://tools.example/linux/debian trixie stable
deb https://packages.example/apt trixie main
deb https://mirror.example/debian trixie main
deb cdrom:[Debian]/ trixie main
`)
  expect(findDebianMirror(sources)).toEqual({ main: 'https://mirror.example/debian' })
})

test('findDebianMirror() finds nothing on a host of another distribution', () => {
  expect(findDebianMirror(parseOneLineSources('deb http://mirror.example/ubuntu noble main'))).toBeUndefined()
  expect(findDebianMirror([])).toBeUndefined()
})

test('findDebianMirror() takes no address with a password, and says so where there is no other', () => {
  const secret = 'deb https://me:secret@mirror.example/debian trixie main\n'
  const other = 'deb https://other.example/debian trixie main\n'
  expect(findDebianMirror(parseOneLineSources(secret + other))).toEqual({
    main: 'https://other.example/debian',
  })
  const security = 'deb https://me:secret@mirror.example/debian-security trixie-security main\n'
  for (const text of [secret, other + security]) {
    const find = (): unknown => findDebianMirror(parseOneLineSources(text))
    expect(find).toThrow(expect.objectContaining({ code: 'ERR_FLEDGE_MIRROR' }))
    expect(find).not.toThrow(/secret/)
  }
})

test('readHostSources() reads all files of a folder, follows lists of mirrors, and bears what is missing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fledge-sources-'))
  try {
    expect(await readHostSources(folder)).toEqual([])
    await mkdir(join(folder, 'sources.list.d'))
    await writeFile(
      join(folder, 'mirrors'),
      '# ours\nhttps://near.example/debian\tpriority:1\nhttps://far.example/debian\n',
    )
    await writeFile(
      join(folder, 'sources.list.d', 'debian.sources'),
      `Types: deb\nURIs: mirror+file://${join(folder, 'mirrors')}\nSuites: trixie\nComponents: main\n`,
    )
    await writeFile(
      join(folder, 'sources.list.d', 'old.list.bak'),
      'deb http://old.example/debian trixie main\n',
    )
    const sources = await readHostSources(folder)
    expect(sources.flatMap(({ uris }) => uris)).toEqual([
      'https://near.example/debian',
      'https://far.example/debian',
    ])
    expect(findDebianMirror(sources)).toEqual({ main: 'https://near.example/debian' })
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('sourceLines() has updates and security for releases, and neither for testing and unstable', () => {
  const mirror = { main: 'http://m.example/debian', security: 'http://s.example' }
  expect(sourceLines('trixie', mirror)).toEqual([
    `deb [signed-by=${keyring}] http://m.example/debian trixie main`,
    `deb [signed-by=${keyring}] http://m.example/debian trixie-updates main`,
    `deb [signed-by=${keyring}] http://s.example trixie-security main`,
  ])
  expect(sourceLines('unstable', mirror)).toHaveLength(1)
  expect(sourceLines('bookworm', { main: 'http://m.example/debian' })).toHaveLength(2)
})

checkLeaks()
