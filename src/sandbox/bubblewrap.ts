import type { Mount } from './mount.ts'
import { systemCallFilter } from './system-call-filter.ts'

/** Texts that bubblewrap reads from descriptors, in their order. */
export interface BubblewrapArguments {
  readonly args: readonly string[]
  readonly texts: readonly (string | Buffer)[]
}

/**
 * The arguments of bubblewrap for a seal: namespaces of its own of every kind, no capability, no terminal, no way to more
 * namespaces or to the kernel's keys, a table of its own processes, the devices that every program expects, and the mounts that are given; all ends with the process that starts it.
 *
 * @param firstDescriptor the first of the descriptors that the texts are read from
 */
export function bubblewrapArguments(
  mounts: readonly Mount[],
  { cwd, firstDescriptor }: { readonly cwd: string; readonly firstDescriptor: number },
): BubblewrapArguments {
  const texts: (string | Buffer)[] = []
  const placed = mounts.flatMap((mount) => {
    if (mount.kind !== 'text') return place(mount)
    texts.push(mount.text)
    return ['--ro-bind-data', `${firstDescriptor + texts.length - 1}`, mount.path]
  })
  const filter = systemCallFilter()
  if (filter) texts.push(filter)
  return {
    args: [
      ...['--unshare-all', '--unshare-user', '--disable-userns', '--cap-drop', 'ALL'],
      ...['--die-with-parent', '--new-session', '--hostname', 'sealed'],
      ...['--proc', '/proc', '--dev', '/dev'],
      ...placed,
      ...(filter ? ['--seccomp', `${firstDescriptor + texts.length - 1}`] : []),
      ...['--chdir', cwd],
    ],
    texts,
  }
}

function place(mount: Exclude<Mount, { kind: 'text' }>): readonly string[] {
  const { kind, path } = mount
  switch (kind) {
    case 'readable':
      return ['--ro-bind', path, path]
    case 'writable':
      return ['--bind', mount.source ?? path, path]
    case 'link':
      return ['--symlink', mount.to, path]
    case 'folder':
      return ['--dir', path]
    case 'private':
      return ['--tmpfs', path]
    case 'closed':
    default:
      return ['--remount-ro', path]
  }
}
