import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { AgentFiles } from '../agent-files.ts'
import { installScript } from './install-script.ts'

/** The volume label by which cloud-init's NoCloud source finds the seed. */
export const seedLabel = 'cidata'

/**
 * Writes the files of a NoCloud seed, which make cloud-init install the agent and do nothing else that takes time.
 * Source: https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html.
 *
 * @param mac of the machine's network card
 */
export async function writeSeed(folder: string, { binary, unit }: AgentFiles, mac: string): Promise<void> {
  const own = join(folder, 'fledge')
  await mkdir(own)
  await copyFile(binary, join(own, 'agent'))
  await copyFile(unit, join(own, 'agent.unit'))
  await writeFile(join(own, 'install.sh'), installScript)
  await writeFile(join(folder, 'meta-data'), 'instance-id: fledge\nlocal-hostname: fledge\n')
  await writeFile(join(folder, 'network-config'), networkConfig(mac))
  await writeFile(join(folder, 'user-data'), userData)
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

/** JSON is YAML. The default user is made as the stock image has it; all other modules of a first boot are left out. */
const userData = `#cloud-config
${JSON.stringify({
  bootcmd: [
    [
      'sh',
      '-c',
      `mkdir -p /run/fledge-seed
mount -o ro "$(blkid -l -o device -t LABEL=${seedLabel} || blkid -l -o device -t LABEL=${seedLabel.toUpperCase()})" /run/fledge-seed
sh /run/fledge-seed/fledge/install.sh > /dev/console 2>&1
umount /run/fledge-seed`,
    ],
  ],
  cloud_init_modules: ['bootcmd', 'users-groups'],
  cloud_config_modules: [],
  cloud_final_modules: [],
})}
`
