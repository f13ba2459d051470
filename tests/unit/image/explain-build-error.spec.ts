import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { FledgeError, MisuseError } from '../../../src/errors.ts'
import { explainBuildError } from '../../../src/image/explain-build-error.ts'
import { ToolError } from '../../../src/util/run-tool.ts'

// What mmdebstrap and apt print, shortened.
const samples = {
  unreachable: `I: running apt-get update...
Err:1 http://mirror.example/debian trixie InRelease
  Could not resolve 'mirror.example'
W: Failed to fetch http://mirror.example/debian/dists/trixie/InRelease  Could not resolve 'mirror.example'
E: Some index files failed to download. They have been ignored, or old ones used instead.
E: apt-get update --error-on=any -oAPT::Status-Fd=<$fd> failed`,
  refused: `E: Failed to fetch http://127.0.0.1:9/debian/dists/trixie/InRelease  Could not connect to 127.0.0.1:9 (127.0.0.1). - connect (111: Connection refused)`,
  signature: `Err:1 http://mirror.example/debian trixie InRelease
  The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 0E98404D386FA1D9
W: GPG error: http://mirror.example/debian trixie InRelease: NO_PUBKEY 0E98404D386FA1D9
E: The repository 'http://mirror.example/debian trixie InRelease' is not signed.`,
  sqv: `Err:1 http://mirror.example/debian trixie InRelease
  Sub-process /usr/bin/sqv returned an error code (1), error message is: Missing key 41587F7DB8C774BCCF131416762F67A0B2C39DE4, which is needed to verify signature.`,
  expired: `E: Release file for http://mirror.example/debian/dists/testing/InRelease is expired (invalid since 16d 3h 32min 5s). Updates for this repository will not be applied.`,
  clock: `E: Release file for http://mirror.example/debian/dists/trixie/InRelease is not valid yet (invalid for another 3h 2min). Updates for this repository will not be applied.`,
  full: `dpkg: error processing archive /x.deb (--unpack):
 cannot copy extracted data for './boot/vmlinuz' to '/boot/vmlinuz.dpkg-new': failed to write (No space left on device)`,
  package: `E: Unable to locate package nginxx
E: run_chroot failed: E: apt-get --yes install failed`,
  candidate: `E: Package 'python2' has no installation candidate`,
  suite: `E: The repository 'http://mirror.example/debian bullseye Release' does not have a Release file.`,
  subuid: `unshare: no line matching user "fltest" in /etc/subuid`,
  namespaces: `unshare: unshare failed: Operation not permitted`,
  other: `E: something new`,
}

function explain(stderr: string): FledgeError {
  return explainBuildError(new ToolError('unshare', 1, stderr), 'debian:13-minimal')
}

for (const [sample, code, says] of [
  ['unreachable', 'ERR_FLEDGE_MIRROR', 'cannot be reached'],
  ['refused', 'ERR_FLEDGE_MIRROR', 'Connection refused'],
  ['signature', 'ERR_FLEDGE_MIRROR', 'signature'],
  ['sqv', 'ERR_FLEDGE_MIRROR', 'signature'],
  ['expired', 'ERR_FLEDGE_MIRROR', 'is expired'],
  ['clock', 'ERR_FLEDGE_MIRROR', 'is not valid yet'],
  ['full', 'ERR_FLEDGE_DISK_FULL', 'no space left'],
  ['package', 'ERR_FLEDGE_IMAGE_BUILD', '"nginxx"'],
  ['candidate', 'ERR_FLEDGE_IMAGE_BUILD', '"python2"'],
  ['suite', 'ERR_FLEDGE_MIRROR', 'does not have this release'],
  ['subuid', 'ERR_FLEDGE_IMAGE_BUILD', 'user namespaces'],
  ['namespaces', 'ERR_FLEDGE_IMAGE_BUILD', 'user namespaces'],
] as const) {
  test(`explainBuildError() says what to do about "${sample}"`, () => {
    const error = explain(samples[sample])
    expect(error).toBeInstanceOf(FledgeError)
    expect(error.code).toBe(code)
    expect(error.message).toContain('Cannot build "debian:13-minimal": ')
    expect(error.message).toContain(says)
    expect(error.hint).toBeTruthy()
    expect(error.cause).toBeInstanceOf(ToolError)
  })
}

test('explainBuildError() blames the caller for a package that is not there', () => {
  expect(explain(samples.package)).toBeInstanceOf(MisuseError)
  expect(explain(samples.full)).not.toBeInstanceOf(MisuseError)
})

test('explainBuildError() shows the end of what it does not know', () => {
  const error = explain(samples.other)
  expect(error.code).toBe('ERR_FLEDGE_IMAGE_BUILD')
  expect(error.message).toContain('something new')
})

test('explainBuildError() tells an abort from a failure, and keeps errors that are clear', () => {
  const aborted = explainBuildError(new Error('x'), 'debian:13-minimal', AbortSignal.abort())
  expect(aborted.code).toBe('ERR_FLEDGE_ABORTED')
  const clear = new MisuseError('ERR_FLEDGE_OPTION', 'clear')
  expect(explainBuildError(clear, 'debian:13-minimal')).toBe(clear)
  const unwritable = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })
  expect(explainBuildError(unwritable, 'debian:13-minimal').code).toBe('ERR_FLEDGE_CACHE')
})

checkLeaks()
