import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { shellQuote } from '../../util/shell-quote.ts'
import { noisyOfSystemd } from '../recipe/units.ts'
import type { CloudImage } from './cloud-image.ts'

/** What an SSH seed is made for. */
interface SshSeed extends Pick<CloudImage, 'noisyUnits'> {
  /** A line of `authorized_keys`. */
  readonly publicKey: string
  /** The address of the machine's network card. */
  readonly mac: string
}

/**
 * Writes the files of a NoCloud seed that has the guest let root in with a key: for guests that have no agent. Understood by cloud-init,
 * and by FreeBSD's nuageinit, which knows `runcmd` and reads JSON as YAML, too.
 * Source: https://man.freebsd.org/cgi/man.cgi?query=nuageinit.
 */
export async function writeSshSeed(folder: string, seed: SshSeed): Promise<void> {
  for (const [name, text] of Object.entries(seedTexts(seed))) await writeFile(join(folder, name), text)
}

/** A hex digest that changes whenever the seed of an image does; the key, which is another one each time, is left out. */
export function sshSeedDigest({ noisyUnits }: Pick<SshSeed, 'noisyUnits'>): string {
  const texts = seedTexts({ noisyUnits, publicKey: '', mac: '' })
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex')
}

/** The texts of a NoCloud seed, by their names. */
function seedTexts({
  noisyUnits,
  publicKey,
  mac,
}: SshSeed): Readonly<Record<'meta-data' | 'network-config' | 'user-data', string>> {
  return {
    'meta-data': 'instance-id: fledge\nlocal-hostname: fledge\n',
    'network-config': networkConfig(mac),
    'user-data': userData(letRootIn(publicKey, noisyUnits)),
  }
}

/** The default user is made as the stock image has it, and the server's keys; of the rest, only the script is run. */
function userData(script: string): string {
  return `#cloud-config
${JSON.stringify({
  runcmd: [script],
  cloud_init_modules: ['users-groups', 'ssh'],
  cloud_config_modules: ['runcmd'],
  cloud_final_modules: ['scripts-user'],
})}
`
}

/**
 * The script that the guest runs. The key comes last: whoever it lets in knows that the rest is done.
 *
 * @param publicKey a line of `authorized_keys`
 * @param noisyUnits units of this distribution that get in the way of tests, where it has systemd
 */
export function letRootIn(publicKey: string, noisyUnits: readonly string[]): string {
  return `umask 022
if [ -d /run/systemd/system ]; then
  for unit in ${[...new Set([...noisyOfSystemd, ...noisyUnits])].join(' ')}; do
    ln -sf /dev/null "/etc/systemd/system/$unit"
  done
  systemctl daemon-reload
fi
sshd=$(command -v sshd || echo /usr/sbin/sshd)
if "$sshd" -T 2> /dev/null | grep -qix 'permitrootlogin no'; then
  { echo 'PermitRootLogin prohibit-password'; cat /etc/ssh/sshd_config; } > /etc/ssh/sshd_config.fledge
  mv /etc/ssh/sshd_config.fledge /etc/ssh/sshd_config
  if command -v systemctl > /dev/null; then systemctl restart ssh || systemctl restart sshd
  elif command -v rcctl > /dev/null; then rcctl restart sshd
  else service sshd restart; fi
fi
mkdir -p /root/.ssh
chmod 700 /root/.ssh
{ cat /root/.ssh/authorized_keys 2> /dev/null; echo ${shellQuote(publicKey)}; } > /root/.ssh/fledge
chmod 600 /root/.ssh/fledge
mv /root/.ssh/fledge /root/.ssh/authorized_keys
if command -v restorecon > /dev/null; then restorecon -R /root/.ssh; fi`
}

/** The address that QEMU's user-mode network has for its guest: nothing to wait for. */
function networkConfig(mac: string): string {
  return JSON.stringify({
    version: 2,
    ethernets: {
      fledge: {
        match: { macaddress: mac },
        addresses: ['10.0.2.15/24'],
        gateway4: '10.0.2.2',
        nameservers: { addresses: ['10.0.2.3'] },
      },
    },
  })
}
