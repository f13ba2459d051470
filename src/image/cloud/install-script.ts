import { installOnOpenrc } from './install-on-openrc.ts'
import { installOnSystemd } from './install-on-systemd.ts'

/**
 * What cloud-init runs once, as root, with the seed's own folder as its first argument; the shell may be any that POSIX knows.
 *
 * @param noisyUnits units of this distribution that get in the way of tests, where it has systemd
 */
export function installScript(noisyUnits: readonly string[]): string {
  return `
set -eu
seed=$1
refuse() { echo "$*" >&2; exit 1; }

command -v cloud-init > /dev/null || refuse 'what reads its seed is not cloud-init'
[ -d /run/systemd/system ] || [ -d /run/openrc ] || refuse 'its init is neither systemd nor OpenRC'

echo 'agent'
mkdir -p /usr/lib/fledge
cp "$seed/agent" /usr/lib/fledge/fledge-agent
chmod 755 /usr/lib/fledge/fledge-agent
touch /etc/cloud/cloud-init.disabled

if [ -d /run/systemd/system ]; then
${installOnSystemd(noisyUnits)}
else
${installOnOpenrc}
fi
`
}
