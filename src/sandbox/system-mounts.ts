import { lstatSync, readlinkSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { sealedHome } from './seal-environment.ts'
import type { Mount } from './mount.ts'

/** What there may be of them on a host: links into /usr, or folders. */
const programFolders = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/nix/store']

/** What programs need of /etc: where libraries are, which program is meant by a name, and the time of day. */
const settings = [
  ...['ld.so.cache', 'ld.so.conf', 'ld.so.conf.d', 'alternatives', 'os-release', 'debian_version'],
  ...['localtime', 'timezone', 'services', 'protocols', 'fonts', 'mime.types'],
].map((name) => join('/etc', name))

/** The host as it is seen in a seal, without anything that belongs to somebody: programs, an empty home and an empty /tmp. */
export function systemMounts({ uid, gid }: { readonly uid: number; readonly gid: number }): readonly Mount[] {
  const user = uid === 0 ? 'root' : 'sealed'
  const group = gid === 0 ? 'root' : 'sealed'
  return [
    { kind: 'readable', path: '/usr' },
    ...programFolders.flatMap((path) => asItIs(path)),
    { kind: 'private', path: '/home' },
    { kind: 'folder', path: sealedHome },
    { kind: 'private', path: '/tmp' },
    ...settings.flatMap((path) => asItIs(path)),
    { kind: 'text', path: '/etc/passwd', text: `${user}:x:${uid}:${gid}::${sealedHome}:/bin/sh\n` },
    { kind: 'text', path: '/etc/group', text: `${group}:x:${gid}:\n` },
    { kind: 'text', path: '/etc/hosts', text: '127.0.0.1 localhost sealed\n::1 localhost\n' },
    { kind: 'text', path: '/etc/nsswitch.conf', text: 'passwd: files\ngroup: files\nhosts: files\n' },
    ...nodeMounts(process.execPath),
  ]
}

/** Node, where it is not among the programs of the host: the one file, as its folder may be anybody's `~/bin`. */
function nodeMounts(program: string): readonly Mount[] {
  const real = realpathSync(program)
  if (/^\/(usr|bin|nix\/store)\//.test(real)) return []
  return [
    { kind: 'folder', path: dirname(real) },
    { kind: 'readable', path: real },
  ]
}

/** A folder or file of the system as it is: links stay links. */
function asItIs(path: string): readonly Mount[] {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found) return []
  return [
    found.isSymbolicLink() ? { kind: 'link', path, to: readlinkSync(path) } : { kind: 'readable', path },
  ]
}
