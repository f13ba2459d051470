import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { cacheFolder } from '../util/cache-folder.ts'
import { step } from '../util/progress.ts'
import { runTool } from '../util/run-tool.ts'
import { type AgentFiles, findAgentFiles } from './agent-files.ts'
import { explainBuildError } from './explain-build-error.ts'
import { folderInCache } from '../util/folder-in-cache.ts'
import type { Image, PreparedImage } from './image.ts'
import { folderName, preparedKey } from './image-key.ts'
import {
  imageFiles,
  openPreparedImage,
  readImageManifest,
  writeImageManifest,
  type PreparedManifest,
} from './image-manifest.ts'
import { putAgent } from './put-agent.ts'

/**
 * Makes a copy of an image that has the agent in it, or finds it in the cache. The copy stands alone: the
 * image can be built again or go away.
 *
 * @param agentPath - the agent's binary; the one that comes with fledge by default.
 * @throws EnvironmentError `ERR_FLEDGE_TOOL_MISSING`, `ERR_FLEDGE_DISK_FULL`, `ERR_FLEDGE_CACHE` or
 * `ERR_FLEDGE_IMAGE_BUILD`; FledgeError `ERR_FLEDGE_ABORTED`. Nothing half made is left behind.
 */
export async function prepareImage(
  image: Image,
  agentPath?: string,
  options: { signal?: AbortSignal } = {},
): Promise<PreparedImage> {
  const { signal } = options
  try {
    signal?.throwIfAborted()
    const files = await findAgentFiles(agentPath)
    const agentDigest = await digestOfAgent(files)
    const key = preparedKey(image.key, agentDigest)
    const folder = join(cacheFolder(), 'prepared', folderName(image.name, key))
    return await folderInCache({
      folder,
      ...(signal === undefined ? {} : { signal }),
      read: openPreparedImage,
      fill: (partial, bounded) =>
        step(`preparing ${image.name}`, async () => {
          const manifest = await readImageManifest(image.folder)
          if (!manifest) throw new Error(`"${image.folder}" is not an image any more`)
          const copy = ['--reflink=auto', '--sparse=always', '--']
          await runTool('cp', [...copy, image.disk, image.kernel, image.initrd, partial], { signal: bounded })
          await putAgent(join(partial, imageFiles.disk), files, { signal: bounded })
          await writeImageManifest<PreparedManifest>(partial, {
            ...manifest,
            key,
            imageKey: image.key,
            agentDigest,
          })
        }),
    })
  } catch (error) {
    throw explainBuildError(error, image.name, signal)
  }
}

/** What an agent is: a hex digest of its binary and its unit. */
export async function digestOfAgent({ binary, unit }: AgentFiles): Promise<string> {
  const hash = createHash('sha256')
  for (const path of [binary, unit]) {
    const bytes = await readFile(path)
    hash.update(`${bytes.length}\n`).update(bytes)
  }
  return hash.digest('hex')
}
