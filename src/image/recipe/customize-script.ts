import { guestFiles } from './guest-files.ts'
import { initrdScript } from './initrd-script.ts'
import { disabledUnits, enabledUnits, maskedGenerators, maskedUnits } from './units.ts'

/**
 * The last step of a build, as a shell command of mmdebstrap: `$1` is the folder of the root file system.
 *
 * @param machineId - 32 hex digits; clones keep it.
 */
export function customizeScript(machineId: string): string {
  return [
    'set -eu',
    ...Object.entries(guestFiles).map(writeFile),
    `chroot "$1" sh -eu <<'IN_GUEST'`,
    inGuest(machineId),
    'IN_GUEST',
  ].join('\n')
}

function writeFile([path, content]: readonly [string, string]): string {
  return `mkdir -p "$1${path.slice(0, path.lastIndexOf('/'))}"
rm -f "$1${path}"
cat > "$1${path}" <<'FLEDGE_FILE'
${content}FLEDGE_FILE`
}

function inGuest(machineId: string): string {
  return `
for unit in ${disabledUnits.join(' ')}; do
  ! systemctl list-unit-files "$unit" 2>/dev/null | grep -q "^$unit" || systemctl --quiet disable "$unit"
done
systemctl --quiet enable ${enabledUnits.join(' ')}
systemctl --quiet disable systemd-networkd-wait-online.service
systemctl --quiet mask ${maskedUnits.join(' ')}
mkdir -p /etc/systemd/system-generators
for generator in ${maskedGenerators.join(' ')}; do
  [ ! -e "/lib/systemd/system-generators/$generator" ] || ln -s /dev/null "/etc/systemd/system-generators/$generator"
done
${initrdScript}
# Nobody is there to answer, and to find that out costs seconds at each installation.
echo 'debconf debconf/frontend select Noninteractive' | debconf-set-selections
# A host that takes lists of any date has a guest that does.
dates=/etc/apt/apt.conf.d/21fledge-dates
grep '^Acquire::Check-' /etc/apt/apt.conf.d/99mmdebstrap > "$dates" || rm "$dates"
# What the build needed, and what must not be the same in all images.
rm -f /etc/apt/apt.conf.d/99mmdebstrap /etc/dpkg/dpkg.cfg.d/99mmdebstrap
rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub
rm -rf /var/log/journal /var/lib/systemd/random-seed
rm -f /var/log/*.log /var/log/apt/*
rm -f /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/cache/ldconfig/aux-cache
rm -f /var/lib/dbus/machine-id
ln -s /etc/machine-id /var/lib/dbus/machine-id
echo ${machineId} > /etc/machine-id
# Done here, these are not done again at the first boot.
journalctl --update-catalog
systemd-sysusers
touch /etc/.updated /var/.updated
dpkg-query --show --showformat '\${Package}=\${Version}\\n' > /fledge-packages
`
}
