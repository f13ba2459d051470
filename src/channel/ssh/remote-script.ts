import { shellQuote } from '../../util/shell-quote.ts'
import type { ExecRequest } from '../exec-request.ts'

/** The cgroup with one of its own for every call, where the guest's kernel has version 2 of them. */
export const cgroupFolder = '/sys/fs/cgroup/fledge'

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * The script that a command is run by: run as root by any POSIX shell, it becomes the command by `exec`, so that its process
 * is the one that the SSH server waits for, and that has the session that the server made.
 *
 * Its standard output begins, after whatever login scripts say, with a line of the token and `start PID`, or
 * `fail ERRNO WHAT`.
 *
 * @param token letters and digits that nothing else writes
 */
export function remoteScript(request: ExecRequest, token: string): string {
  const { user, cwd, pty } = request
  const inner = `${tell(token)}
${cwd === undefined ? 'cd -- "$HOME" 2>/dev/null || cd /' : changeFolder(cwd)}
${run(request)}`
  return `umask 022
${tell(token)}
if [ -e ${cgroupFolder.slice(0, cgroupFolder.lastIndexOf('/'))}/cgroup.procs ]; then
  rmdir ${cgroupFolder}/* 2>/dev/null
  mkdir -p ${cgroupFolder}/${token} && echo $$ > ${cgroupFolder}/${token}/cgroup.procs
fi 2>/dev/null
unset XDG_RUNTIME_DIR
${user === undefined ? rootPlace : userPlace(user)}
LOGNAME=$USER SHELL=\${SHELL:-/bin/sh}
export HOME USER LOGNAME SHELL
inner=${shellQuote(inner)}
${pty ? `stty rows ${pty.rows} cols ${pty.columns} 2>/dev/null` : ''}
${user === undefined ? 'eval "$inner"' : becomeUser}`
}

const rootPlace = `USER=root
entry=$(getent passwd root 2>/dev/null || grep '^root:' /etc/passwd)
HOME=$(printf %s "$entry" | cut -d: -f6); SHELL=$(printf %s "$entry" | cut -d: -f7)`

/** A name wins over a uid. A uid of nobody has the group of the same number and the home `/`. */
function userPlace(user: string): string {
  return `wanted=${shellQuote(user)}
entry=$(awk -F: -v w="$wanted" '$1 == w' /etc/passwd)
[ "$entry" ] || entry=$(getent passwd "$wanted" 2>/dev/null)
[ "$entry" ] || entry=$(awk -F: -v w="$wanted" '$3 == w' /etc/passwd | head -n 1)
groups=--init-groups
if [ "$entry" ]; then
  IFS=: read -r USER _ uid gid _ HOME SHELL <<ENTRY
$entry
ENTRY
else
  case $wanted in *[!0-9]*) tell "fail ENOENT no such user: $wanted" ;; esac
  USER=$wanted uid=$wanted gid=$wanted HOME=/ SHELL= groups=--clear-groups
fi
[ ! -d "/run/user/$uid" ] || [ "$uid" = 0 ] || export XDG_RUNTIME_DIR="/run/user/$uid"`
}

/** All of these become another user without a process of their own, which would hide how the command ended. */
const becomeUser = `if command -v setpriv >/dev/null; then
  exec setpriv --reuid="$uid" --regid="$gid" "$groups" -- /bin/sh -c "$inner"
fi
case $(uname -s) in
  FreeBSD | NetBSD) exec chroot -u "$USER" -g "$gid" -G "$(id -G "$USER" | tr ' ' ,)" / /bin/sh -c "$inner" ;;
  OpenBSD) exec chroot -u "$USER" -g "$(id -G "$USER" | tr ' ' ,)" / /bin/sh -c "$inner" ;;
  *) tell 'fail ENOSYS no program to become another user: setpriv' ;;
esac`

function tell(token: string): string {
  return `tell() { printf '%s\\n' ${shellQuote(token)}" $*"; case $1 in fail*) exit 127 ;; esac; }`
}

function changeFolder(cwd: string): string {
  const folder = shellQuote(cwd)
  return `[ -e ${folder} ] || tell fail ENOENT "no such folder: "${folder}
[ -d ${folder} ] || tell fail ENOTDIR "not a folder: "${folder}
cd -- ${folder} 2>/dev/null || tell fail EACCES "may not enter the folder: "${folder}`
}

function run(request: ExecRequest): string {
  const { argv, env = {}, shell = false, pty, stdin = false, cleanEnv = false } = request
  const given = Object.entries(env).map(([name, value]) => shellQuote(`${name}=${value}`))
  const defaults = [
    `PATH=${defaultPath}`,
    '"HOME=$HOME" "USER=$USER" "LOGNAME=$LOGNAME" "SHELL=$SHELL" LANG=C.UTF-8',
    '${XDG_RUNTIME_DIR:+"XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR"}',
    ...(pty ? ['TERM=xterm-256color'] : []),
  ]
  const variables = [...(cleanEnv ? [] : defaults), ...given].join(' ')
  const input = stdin || pty ? '' : ' < /dev/null'
  const [program = '', ...rest] = argv
  const path = env['PATH'] ?? defaultPath
  if (shell) {
    const script = shellQuote(program)
    // A bash that reads from a socket takes itself for a login from afar, and reads its rc files.
    return `PATH=${shellQuote(path)}
tell start $$
if command -v bash >/dev/null; then exec env -i ${variables} bash --norc -euo pipefail -c ${script} bash${input}; fi
exec env -i ${variables} /bin/sh -eu -c ${script} sh${input}`
  }
  const words = [program, ...rest].map(shellQuote).join(' ')
  // To env, a program with this in its name would be a variable.
  const command = program.includes('=') ? `/bin/sh -c 'exec "$@"' sh ${words}` : words
  return `PATH=${shellQuote(path)}
${findProgram(program)}
tell start $$
exec env -i ${variables} ${command}${input}`
}

function findProgram(program: string): string {
  const name = shellQuote(program)
  const missing = `tell fail ENOENT "no such program: "${name}`
  if (program.includes('/')) {
    return `[ -e ${name} ] || ${missing}
[ -f ${name} ] && [ -x ${name} ] || tell fail EACCES "not a program that may be run: "${name}`
  }
  return `found=
IFS=:
for folder in $PATH; do
  if [ -f "\${folder:-.}/"${name} ] && [ -x "\${folder:-.}/"${name} ]; then found=1; break; fi
done
unset IFS
[ "$found" ] || ${missing}`
}
