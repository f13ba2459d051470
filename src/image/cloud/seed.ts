import { createHash } from 'node:crypto'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { AgentFiles } from '../agent-files.ts'
import type { CloudImage } from './cloud-image.ts'
import { installScript } from './install-script.ts'

/** The volume label by which cloud-init's NoCloud source finds the seed. */
export const seedLabel = 'cidata'

/** What every line of the seed's log begins with, on the serial console. */
export const seedLogMark = 'fledge-seed: '

/** What the seed's log ends with; the exit status follows. */
export const seedLogEnd = 'ended with status '

/** The texts of a NoCloud seed, by their names. */
type SeedTexts = Readonly<Record<'meta-data' | 'network-config' | 'user-data' | 'install.sh', string>>

/**
 * The seed makes cloud-init install the agent, and do nothing else that takes time. `dsmode: local` makes it do so in its first
 * stage, before there is any network: the rest of the boot is not waited for.
 * Source: https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html.
 */
function seedTexts({ noisyUnits }: Pick<CloudImage, 'noisyUnits'>): SeedTexts {
  return {
    'meta-data': 'instance-id: fledge\nlocal-hostname: fledge\ndsmode: local\n',
    // The script gives the machine its network, for all boots but this one.
    'network-config': 'config: disabled\n',
    'user-data': userData,
    'install.sh': installScript(noisyUnits),
  }
}

/** A hex digest that changes whenever the seed of an image does. */
export function seedDigest(image: Pick<CloudImage, 'noisyUnits'>): string {
  return createHash('sha256')
    .update(JSON.stringify(seedTexts(image)))
    .digest('hex')
}

/** Writes the files of a NoCloud seed, with the agent in a folder beside them. */
export async function writeSeed(
  folder: string,
  { binary, unit }: AgentFiles,
  image: Pick<CloudImage, 'noisyUnits'>,
): Promise<void> {
  const own = join(folder, 'fledge')
  await mkdir(own)
  await copyFile(binary, join(own, 'agent'))
  await copyFile(unit, join(own, 'agent.unit'))
  const { 'install.sh': script, ...texts } = seedTexts(image)
  await writeFile(join(own, 'install.sh'), script)
  for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, name), text)
}

/**
 * Its log goes to the serial port by itself: not every image has its console there. The seed is found where a busybox may be all
 * that there is: its `mount` loads no module for a file system of which it is not told.
 */
export const bootCommand: string = `
log=/dev/ttyS0
( : > "$log" ) 2> /dev/null || log=/dev/console
seed=/run/fledge-seed
mkdir -p "$seed"
{
  status=0
  modprobe -q vfat
  { mount -t vfat -o ro "$(findfs LABEL=${seedLabel} || findfs LABEL=${seedLabel.toUpperCase()})" "$seed" &&
    sh "$seed/fledge/install.sh" "$seed/fledge"; } || status=$?
  echo "${seedLogEnd}$status"
} 2>&1 | while IFS= read -r line; do echo "${seedLogMark}$line" > "$log"; done
umount "$seed"
`

/** JSON is YAML. The default user is made as the stock image has it; all other modules of a first boot are left out. */
const userData = `#cloud-config
${JSON.stringify({
  bootcmd: [['sh', '-c', bootCommand]],
  cloud_init_modules: ['bootcmd', 'users-groups'],
  cloud_config_modules: [],
  cloud_final_modules: [],
})}
`
