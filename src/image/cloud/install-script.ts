import { guestFiles } from '../recipe/guest-files.ts'
import { maskedUnits } from '../recipe/units.ts'

/** Raised when a prepared disk of before lacks something. */
export const installRecipe = 1

/** What of an image from packages makes any systemd distribution a quiet test machine. */
const quietFiles = [
  '/etc/systemd/journald.conf.d/fledge.conf',
  '/etc/systemd/system/fledge-ssh-host-key.service',
] as const

/** Units of distributions that are not Debian, which work on their own schedule or wait for what is not there. */
const noisyUnits = [
  'snapd.service',
  'snapd.socket',
  'snapd.seeded.service',
  'motd-news.timer',
  'ua-timer.timer',
  'apport.service',
  'fwupd-refresh.timer',
  'update-notifier-download.timer',
  'update-notifier-motd.timer',
  'multipathd.service',
  'multipathd.socket',
  'dnf-makecache.timer',
  'dnf5-makecache.timer',
  'dnf-automatic.timer',
  'packagekit.service',
  'kdump.service',
  'jeos-firstboot.service',
  'snapper-timeline.timer',
  'systemd-time-wait-sync.service',
  'systemd-networkd-wait-online.service',
  'NetworkManager-wait-online.service',
]

const lab = ['52:54:00:fe:d6:01', '52:54:00:fe:d6:02', '52:54:00:fe:d6:03']

/** Run once by cloud-init, as root, from the seed's folder; the shell may be any that POSIX knows. */
export const installScript: string = `
set -eu
seed=/run/fledge-seed/fledge

mkdir -p /usr/lib/fledge /etc/systemd/system/sysinit.target.wants
cp "$seed/agent" /usr/lib/fledge/fledge-agent
chmod 755 /usr/lib/fledge/fledge-agent
cp "$seed/agent.unit" /etc/systemd/system/fledge-agent.service
chmod 644 /etc/systemd/system/fledge-agent.service
ln -sf /etc/systemd/system/fledge-agent.service /etc/systemd/system/sysinit.target.wants/fledge-agent.service

${quietFiles.map((path) => writeFile(path, guestFiles[path] ?? '')).join('\n')}
systemctl enable --quiet fledge-ssh-host-key.service || true

for unit in ${[...maskedUnits, ...noisyUnits].join(' ')}; do
  ln -sf /dev/null "/etc/systemd/system/$unit"
done

# What comes after the first boot has its network from here, whoever wrote another meanwhile: no lease, and no name of a card.
if command -v NetworkManager > /dev/null; then
  mkdir -p /etc/NetworkManager/system-connections /etc/NetworkManager/conf.d
${writeFile('/etc/NetworkManager/system-connections/fledge.nmconnection', networkManager())}
  chmod 600 /etc/NetworkManager/system-connections/fledge.nmconnection
${writeFile('/etc/NetworkManager/conf.d/fledge.conf', unmanaged())}
elif [ -e /lib/systemd/systemd-networkd ] || [ -e /usr/lib/systemd/systemd-networkd ]; then
${writeFile('/etc/systemd/network/05-fledge-lab.network', `[Match]\nPermanentMACAddress=${lab.join(' ')}\n\n[Link]\nUnmanaged=yes\n`)}
${writeFile('/etc/systemd/network/06-fledge.network', guestFiles['/etc/systemd/network/20-fledge.network'] ?? '')}
fi

if command -v restorecon > /dev/null; then
  restorecon -R /usr/lib/fledge /etc/systemd /etc/NetworkManager 2> /dev/null || true
fi
touch /etc/cloud/cloud-init.disabled
systemctl daemon-reload
systemctl start --no-block fledge-agent.service
`

function writeFile(path: string, content: string): string {
  return `mkdir -p ${path.slice(0, path.lastIndexOf('/'))}
cat > ${path} <<'FLEDGE_FILE'
${content}FLEDGE_FILE`
}

function networkManager(): string {
  return `[connection]
id=fledge
type=ethernet
autoconnect-priority=100

[ipv4]
method=manual
address1=10.0.2.15/24,10.0.2.2
dns=10.0.2.3;

[ipv6]
method=disabled
`
}

function unmanaged(): string {
  return `[keyfile]
unmanaged-devices=${lab.map((mac) => `mac:${mac}`).join(';')}
`
}
