import { cgroupFolder } from './remote-script.ts'

/** A script that sends a signal to the process of a call; too late is no error. */
export function signalScript(pid: number, signal: string): string {
  return `kill -s ${signal.replace(/^SIG/, '')} ${pid} 2>/dev/null || true`
}

/**
 * A script that sends a signal to all that a call has started: to its cgroup where it has one, else to all of its session and of its
 * process group, and all that descend from those.
 */
export function treeSignalScript(pid: number, token: string, signal: string): string {
  const group = `${cgroupFolder}/${token}`
  const name = signal.replace(/^SIG/, '')
  return `members() {
  if [ -d ${group} ]; then cat ${group}/cgroup.procs; return; fi
  {
    if [ -r /proc/self/stat ]; then cat /proc/[0-9]*/stat 2>/dev/null | sed 's/^\\([0-9]*\\) .*) [^ ]* /\\1 /'
    else ps -A -o pid= -o ppid= -o pgid=; fi
  } | awk '
    { parent[$1] = $2; if ($1 == ${pid} || $3 == ${pid} || $4 == ${pid}) mine[$1] = 1 }
    END {
      do {
        more = 0
        for (each in parent) if (!(each in mine) && (parent[each] in mine)) { mine[each] = 1; more = 1 }
      } while (more)
      for (each in mine) print each
    }'
}
${
  name === 'KILL'
    ? `turn=0
while pids=$(members) && [ "$pids" ] && [ $turn -lt 20 ]; do kill -s KILL $pids 2>/dev/null; turn=$((turn + 1)); done`
    : `pids=$(members); [ -z "$pids" ] || kill -s ${name} $pids 2>/dev/null`
}
true`
}
