import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { findAgentFiles } from '../image/agent-files.ts'
import type { CloudImage } from '../image/cloud/cloud-image.ts'
import { writeSeed } from '../image/cloud/seed.ts'
import { firstBoot } from './first-boot.ts'
import { whileBooting } from './power-on.ts'
import { type FirstBootHost, withSeededMachine } from './seeded-machine.ts'

/** How long a stock first boot under KVM may take. */
const stockPatienceMs = 300_000
/** The last words of its last module, which comes after `multi-user.target`. What systemd says of targets is not on a console that a service writes to. */
const cloudInitIsDone = /Cloud-init v\. .* finished at/
const lookMs = 50

/** What is needed besides the image. */
interface TimeOptions extends FirstBootHost {
  readonly signal: AbortSignal
}

/** Prepares an image in an empty folder, and gives the milliseconds from the start of QEMU until it is switched off. */
export async function timePreparation(
  image: CloudImage,
  folder: string,
  { signal, ...host }: TimeOptions,
  update: (detail: string) => void,
): Promise<number> {
  const files = await findAgentFiles()
  const start = performance.now()
  await withSeededMachine(
    image,
    folder,
    host,
    (seed) => writeSeed(seed, files, image),
    (machine) => firstBoot(machine, { accelerator: host.accelerator, signal }, update),
  )
  return performance.now() - start
}

/**
 * Boots an image in an empty folder as one would without fledge, with a seed that has but an instance's name in it, and gives the
 * milliseconds from the start of QEMU until all of cloud-init is done.
 */
export async function timeStockBoot(
  image: CloudImage,
  folder: string,
  { signal, ...host }: TimeOptions,
): Promise<number> {
  const start = performance.now()
  return withSeededMachine(image, folder, host, writeStockSeed, (machine) =>
    whileBooting(
      machine,
      {
        ...{ limitMs: stockPatienceMs, why: 'cloud-init did not end', accelerator: host.accelerator, signal },
        hint: 'The end is seen on the serial console: see whether its kernel command line has console=ttyS0, and no "quiet"',
      },
      async (bounded) => {
        await machine.qmp.connect({ signal: bounded })
        await machine.qmp.run('cont', undefined, { signal: bounded })
        while (!cloudInitIsDone.test(machine.console.text()))
          await sleep(lookMs, undefined, { signal: bounded })
        return performance.now() - start
      },
    ),
  )
}

async function writeStockSeed(folder: string): Promise<void> {
  await writeFile(join(folder, 'meta-data'), 'instance-id: stock\n')
  await writeFile(join(folder, 'user-data'), '')
}
