/** A way to reach out of a seal, as a test whose body succeeds where there is none. */
export interface Attempt {
  /** What it tries, as the title of a test. */
  readonly title: string
  /** The body of an async function, with `target` and what the file imports. It throws when it does not get through. */
  readonly body: string
  /** What it says in a seal. */
  readonly refusal: RegExp
  /** Who gets through at all: root, or who can have two users. */
  readonly needs?: 'root' | 'two users' | 'keys'
}

/** What the attempts aim at: all of it is outside of the seal. */
export interface Target {
  /** A TCP port of this host's 127.0.0.1, and a socket in the abstract name space, that both say "reached". */
  readonly port: number
  readonly abstractSocket: string
  /** A socket in a folder, as that of a daemon. */
  readonly socket: string
  /** A file that everybody may read, in a folder of somebody else. */
  readonly file: string
  /** The same in the cache of another project. */
  readonly cached: string
  /** A file in /dev/shm. */
  readonly shared: string
  /** A word in the command line of another process. */
  readonly marker: string
}

/** Every way that is tried. */
export const attempts: readonly Attempt[] = [
  {
    title: 'a port on the loopback of the host',
    body: `await reach({ port: target.port, host: '127.0.0.1' })`,
    refusal: /ECONNREFUSED/,
  },
  {
    title: 'an abstract socket',
    body: `await reach({ path: '\\0' + target.abstractSocket })`,
    refusal: /ECONNREFUSED/,
  },
  {
    title: 'the socket of a daemon',
    body: `await reach({ path: target.socket })`,
    refusal: /ENOENT/,
  },
  {
    title: 'the file of another user',
    body: `fs.readFileSync(target.file)`,
    refusal: /ENOENT/,
  },
  {
    title: 'the cache of another project',
    body: `fs.readFileSync(target.cached)`,
    refusal: /ENOENT/,
  },
  {
    title: 'memory that processes share',
    body: `fs.readFileSync(target.shared)`,
    refusal: /ENOENT/,
  },
  {
    title: 'a link in the project that leads out of it',
    body: `fs.readFileSync('link.txt')`,
    refusal: /ENOENT[^]*is no input of this sealed run/,
  },
  {
    title: 'a link to a folder outside',
    body: `fs.readdirSync('links/')`,
    refusal: /ENOENT/,
  },
  {
    title: 'the table of processes',
    body: `
const lines = fs.readdirSync('/proc').filter((name) => +name > 0).map((pid) => {
  try { return fs.readFileSync('/proc/' + pid + '/cmdline', 'utf8') } catch { return '' }
})
if (!lines.some((line) => line.includes(target.marker))) throw new Error('no such process among ' + lines.length)`,
    refusal: /no such process among/,
  },
  {
    title: 'the memory of a process that is no child',
    body: `
const pid = fs.readdirSync('/proc').find((name) => {
  try { return +name > 0 && fs.readFileSync('/proc/' + name + '/cmdline', 'utf8').includes(target.marker) } catch { return false }
})
fs.closeSync(fs.openSync('/proc/' + pid + '/mem'))`,
    refusal: /ENOENT/,
    needs: 'root',
  },
  {
    title: 'a device of the host',
    body: `
const opened = fs.readdirSync('/dev').filter((name) => !/^(full|null|ptmx|random|tty|urandom|zero)$/.test(name)).filter((name) => {
  try {
    const { rdev } = fs.lstatSync('/dev/' + name)
    if (rdev > 0) fs.closeSync(fs.openSync('/dev/' + name, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK))
    return rdev > 0
  } catch { return false }
})
if (opened.length === 0) throw new Error('no device opens')`,
    refusal: /no device opens/,
  },
  {
    title: 'a device node of its own',
    body: `execFileSync('mknod', [test.info().outputPath('null'), 'c', '1', '3'], { encoding: 'utf8', stdio: 'pipe' })`,
    refusal: /Operation not permitted/,
    needs: 'root',
  },
  {
    title: 'a mount',
    body: `
fs.mkdirSync(test.info().outputDir, { recursive: true })
execFileSync('mount', ['-t', 'tmpfs', 'none', test.info().outputDir], { encoding: 'utf8', stdio: 'pipe' })
execFileSync('umount', [test.info().outputDir])`,
    refusal: /permission denied|must be superuser/i,
    needs: 'root',
  },
  {
    title: 'a name space of users, in which it is root',
    body: `execFileSync('unshare', ['--user', '--map-root-user', 'true'], { encoding: 'utf8', stdio: 'pipe' })`,
    refusal: /unshare failed: No space left on device/,
  },
  {
    title: 'a program that is another user',
    body: `
const [real, effective] = ['-ru', '-u'].map((option) => execFileSync('./identity', [option], { encoding: 'utf8' }))
if (real === effective) throw new Error('it is ' + effective)`,
    refusal: /it is \d+/,
    needs: 'two users',
  },
  {
    title: 'a change of an input',
    body: `fs.writeFileSync('declared.txt', 'changed')`,
    refusal: /EROFS[^]*cannot be written: in a sealed run/,
  },
  {
    title: 'another file in the place of an input',
    body: `fs.writeFileSync('declared.txt.new', 'changed'); fs.renameSync('declared.txt.new', 'declared.txt')`,
    refusal: /EROFS/,
  },
  {
    title: 'a change of its own code',
    body: `fs.appendFileSync('attempts.spec.js', '// changed')`,
    refusal: /EROFS/,
  },
  {
    title: 'a change of a package',
    body: `fs.writeFileSync('node_modules/new.js', '')`,
    refusal: /EROFS/,
  },
  {
    title: 'a secret in the environment',
    body: `if (process.env.DEPLOY_TOKEN !== 'sesame') throw new Error('there is none')`,
    refusal: /there is none/,
  },
  {
    title: 'a secret in the environment of those who started it',
    body: `
const all = fs.readdirSync('/proc').filter((name) => +name > 0).map((pid) => {
  try { return fs.readFileSync('/proc/' + pid + '/environ', 'latin1') } catch { return '' }
})
if (!all.some((each) => each.includes('DEPLOY_TOKEN=sesame'))) throw new Error('there is none')`,
    refusal: /there is none/,
  },
  {
    title: 'a key of the session that it was started in',
    body: `
const find = 'my ($kind, $name) = ("user", "fledge-attempt"); die "no such key: $!" if syscall(250, 10, -3, $kind, $name, 0) < 0'
execFileSync('perl', ['-e', find], { encoding: 'utf8', stdio: 'pipe' })`,
    refusal: /no such key: Operation not permitted/,
    needs: 'keys',
  },
  {
    title: 'a descriptor that the command was started with',
    body: `
const secret = fs.readdirSync('/proc/self/fd').filter((name) => +name > 2).map((name) => {
  try { return fs.readlinkSync('/proc/self/fd/' + name) } catch { return '' }
})
if (!secret.includes(target.file)) throw new Error('there is none')`,
    refusal: /there is none/,
  },
]

/** The file of attempts. Its imports are among what it may use. */
export function attemptsFile(target: Target): string {
  return `
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import { test } from 'fledge/test'
test.use({ inputs: ['declared.txt', 'link.txt', 'links', 'identity'] })
const target = ${JSON.stringify(target)}
const reach = (where) => new Promise((resolve, reject) => {
  net.connect(where).on('error', reject).on('data', (data) => String(data) === 'reached' ? resolve() : reject(data))
})
${attempts.map(({ title, body }) => `test(${JSON.stringify(title)}, async () => { ${body} })`).join('\n')}
`
}

/** Starts a program in a session with a key of the kernel's, if it can have one. The numbers are those of x86-64. */
export const withKey: readonly string[] = [
  'perl',
  '-e',
  `my ($kind, $name, $value) = ("user", "fledge-attempt", "secret");
exit 1 if syscall(250, 1, 0) < 0 || syscall(248, $kind, $name, $value, length $value, -3) < 0;
exec @ARGV or exit 2`,
]
