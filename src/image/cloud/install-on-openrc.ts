import { labMacs } from '../../qemu/mac-addresses.ts'
import { openrcService, openrcServicePath } from './openrc-service.ts'
import { writeFile } from './write-file.ts'

/**
 * The part of the script that installs the agent where OpenRC starts the services, as on Alpine. The agent of the first boot is not
 * started as a service, as OpenRC is not done with that boot.
 */
export const installOnOpenrc: string = `
${writeFile(openrcServicePath, openrcService)}
chmod 755 ${openrcServicePath}
rc-update --quiet add fledge-agent boot

# What comes after the first boot has its network from here: no lease to wait for.
if command -v ifup > /dev/null; then
  for path in /sys/class/net/*; do
    case $(cat "$path/address") in
      '' | 00:00:00:00:00:00 | ${labMacs.join(' | ')}) ;;
      *) card=\${path##*/}; break ;;
    esac
  done
  echo "network: ifupdown, $card"
  cat > /etc/network/interfaces <<FLEDGE_FILE
auto lo
iface lo inet loopback

auto $card
iface $card inet static
    address 10.0.2.15/24
    gateway 10.0.2.2
FLEDGE_FILE
  rm -f /etc/resolv.conf
  echo 'nameserver 10.0.2.3' > /etc/resolv.conf
fi

echo 'starting the agent'
modprobe -q virtio_console || true
setsid /usr/lib/fledge/fledge-agent < /dev/null > /dev/null 2>&1 &
`
