import { guestFiles } from '../recipe/guest-files.ts'
import { noisyOfSystemd } from '../recipe/units.ts'
import { networkScript } from './network-script.ts'
import { writeFile } from './write-file.ts'

/** What of an image from packages makes any systemd distribution a quiet test machine. */
const quietFiles = [
  '/etc/systemd/journald.conf.d/fledge.conf',
  '/etc/systemd/system/fledge-ssh-host-key.service',
] as const

/**
 * The part of the script that installs the agent where systemd is the init, and makes it a quiet test machine.
 *
 * @param noisyUnits units of this distribution that get in the way of tests
 */
export function installOnSystemd(noisyUnits: readonly string[]): string {
  return `
mkdir -p /etc/systemd/system/sysinit.target.wants
cp "$seed/agent.unit" /etc/systemd/system/fledge-agent.service
chmod 644 /etc/systemd/system/fledge-agent.service
ln -sf /etc/systemd/system/fledge-agent.service /etc/systemd/system/sysinit.target.wants/fledge-agent.service

echo 'units'
${quietFiles.map((path) => writeFile(path, guestFiles[path] ?? '')).join('\n')}
systemctl enable --quiet --no-reload fledge-ssh-host-key.service
for unit in ${[...new Set([...noisyOfSystemd, ...noisyUnits])].join(' ')}; do
  ln -sf /dev/null "/etc/systemd/system/$unit"
done
${networkScript}
# Else the next boot would be one more first boot, of another machine.
if mountpoint -q /etc/machine-id; then
  echo 'machine-id'
  systemd-machine-id-setup --commit
fi
${labelScript}
echo 'starting the agent'
# A systemd of before 246 sees a new unit only when it reads all of them again, which takes time.
systemctl start --no-block fledge-agent.service || {
  systemctl daemon-reload
  systemctl start --no-block fledge-agent.service
}
`
}

/** Under SELinux the agent has the label of a program, by which systemd runs it unconfined, as it runs what an administrator installs. */
const labelScript = `
if command -v restorecon > /dev/null && [ -e /etc/selinux/config ]; then
  echo 'labels'
  contexts=/etc/selinux/$(sed -n 's/^SELINUXTYPE=//p' /etc/selinux/config)/contexts/files/file_contexts.local
  echo '/usr/lib/fledge/fledge-agent -- system_u:object_r:bin_t:s0' >> "$contexts"
  restorecon -R /usr/lib/fledge /etc
fi
`
