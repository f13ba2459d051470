import { frozenMac, labMacs } from '../../qemu/mac-addresses.ts'
import { guestFiles } from '../recipe/guest-files.ts'
import { writeFile } from './write-file.ts'

/** The file of images from packages whose name ends so, for networkd. */
function networkdFile(ending: string): string {
  return guestFiles[`/etc/systemd/network/${ending}`] ?? ''
}

const keyfile = `[connection]
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

const unmanaged = `[keyfile]
unmanaged-devices=${labMacs.map((mac) => `mac:${mac}`).join(';')}
`

/**
 * Gives a machine its network by the tool that the system has for it: an address of QEMU's user-mode network that is static, so that
 * nothing waits and no lease is stale in a clone. The first boot has no network, and what the image brings of its own comes after this.
 */
export const networkScript: string = `
plain_resolver() {
  rm -f /etc/resolv.conf
  echo 'nameserver 10.0.2.3' > /etc/resolv.conf
}

if systemctl --quiet is-enabled NetworkManager.service 2> /dev/null; then
  echo 'network: NetworkManager'
${writeFile('/etc/NetworkManager/system-connections/fledge.nmconnection', keyfile)}
  chmod 600 /etc/NetworkManager/system-connections/fledge.nmconnection
${writeFile('/etc/NetworkManager/conf.d/fledge.conf', unmanaged)}
elif command -v netplan > /dev/null || systemctl --quiet is-enabled systemd-networkd.service 2> /dev/null; then
  echo 'network: networkd'
${writeFile('/etc/systemd/network/05-fledge-lab.network', networkdFile('10-fledge-lab.network'))}
${writeFile('/etc/systemd/network/06-fledge.network', networkdFile('20-fledge.network'))}
  # Where netplan starts it, it does so only when it has a file of its own.
  systemctl enable --quiet --no-reload systemd-networkd.service
  systemctl --quiet is-enabled systemd-resolved.service 2> /dev/null || plain_resolver
elif command -v ifup > /dev/null; then
  card=$(basename "$(dirname "$(grep -lx '${frozenMac}' /sys/class/net/*/address)")")
  echo "network: ifupdown, $card"
  cat > /etc/network/interfaces <<FLEDGE_FILE
auto lo
iface lo inet loopback

auto $card
iface $card inet static
  address 10.0.2.15/24
  gateway 10.0.2.2
  dns-nameservers 10.0.2.3

source /etc/network/interfaces.d/*
FLEDGE_FILE
  command -v resolvconf > /dev/null || plain_resolver
else
  echo 'there is neither NetworkManager nor netplan, systemd-networkd or ifupdown to give the machine its network' >&2
  exit 1
fi
`
