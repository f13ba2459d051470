import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A host with a cache of its own, and an `mmdebstrap` that is quick and obeys. */
export interface FakeHost extends AsyncDisposable {
  readonly cache: string
  /** How many builds were started. */
  builds(): Promise<number>
  /** All names in a folder of the cache, the hidden ones too, but not those of locks. */
  list(folder: string): Promise<readonly string[]>
  /** The processes that run on this host's files. */
  processes(): Promise<readonly string[]>
  /** From now on, `mmdebstrap` is not installed. */
  removeMmdebstrap(): Promise<void>
}

// Its arguments end with: suite, root, lines of sources.
const mmdebstrap = `#!/bin/sh
[ "$1" != --version ] || exit 0
for argument; do case $argument in */rootfs) root=$argument ;; esac; done
mkdir -p "$root/boot" "$root/etc/systemd/system" "$root/usr/lib/systemd/system"
echo kernel > "$root/boot/vmlinuz-1"
echo initrd > "$root/boot/fledge-initrd"
echo bash=1 > "$root/fledge-packages"
echo started >> "$FAKE_FOLDER/builds"
[ -z "\${FAKE_STDERR:-}" ] || { echo "$FAKE_STDERR" >&2; exit 1; }
sleep "\${FAKE_SECONDS:-0}"
`

const variables = ['FLEDGE_CACHE', 'FLEDGE_MIRROR', 'FAKE_FOLDER', 'FAKE_STDERR', 'FAKE_SECONDS', 'PATH']

/** Sets this process's environment to a fake host, until that is disposed of. */
export async function fakeHost(): Promise<FakeHost> {
  const folder = await mkdtemp(join(tmpdir(), 'fledge-host-'))
  const bin = join(folder, 'bin')
  await mkdir(bin)
  await program(join(bin, 'mmdebstrap'), mmdebstrap)
  await program(join(bin, 'apt-config'), '#!/bin/sh\n')
  const before = variables.map((name) => [name, process.env[name]] as const)
  for (const name of variables.filter((name) => name.startsWith('FAKE'))) delete process.env[name]
  process.env['FLEDGE_CACHE'] = join(folder, 'cache')
  process.env['FLEDGE_MIRROR'] = 'http://mirror.example/debian'
  process.env['FAKE_FOLDER'] = folder
  process.env['PATH'] = `${bin}:${process.env['PATH']}`
  return {
    cache: join(folder, 'cache'),
    builds: async () =>
      (await readFile(join(folder, 'builds'), 'utf8').catch(() => '')).split('\n').length - 1,
    list: async (name) => {
      const names = await readdir(join(folder, 'cache', name)).catch(() => [])
      return names.filter((one) => !one.endsWith('.lock'))
    },
    processes: () => processesOf(folder),
    removeMmdebstrap: async () => {
      await rm(join(bin, 'mmdebstrap'))
      for (const tool of ['setpriv', 'flock', 'sh', 'cat', 'rm', 'unshare'])
        await symlink(`/usr/bin/${tool}`, join(bin, tool))
      process.env['PATH'] = bin
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

async function program(path: string, text: string): Promise<void> {
  await writeFile(path, text)
  await chmod(path, 0o755)
}

async function processesOf(folder: string): Promise<readonly string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')))
  return lines.filter((line) => line.includes(folder)).map((line) => line.replaceAll('\0', ' ').slice(0, 200))
}
