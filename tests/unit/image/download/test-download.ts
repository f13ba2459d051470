import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

import type { Download } from '../../../../src/image/download/download-image.ts'
import { digestOf, type FileServer } from '../../../fixtures/file-server.ts'
import { test as base } from '../../test-in-folder.ts'

const variables = ['FLEDGE_TIME_FACTOR', 'FLEDGE_OFFLINE', 'HTTP_PROXY', 'http_proxy', 'NO_PROXY', 'no_proxy']

/** Tests with a cache of their own that wait a twentieth of what users wait, and whose environment has no proxies. */
export const test = base.extend<{ environment: NodeJS.ProcessEnv; cached: () => Promise<readonly string[]> }>(
  {
    environment: [
      async ({ cache: _cache }, use) => {
        const before = variables.map((name) => [name, process.env[name]] as const)
        for (const name of variables) delete process.env[name]
        process.env['FLEDGE_TIME_FACTOR'] = '0.05'
        await use(process.env)
        for (const [name, value] of before) {
          if (value === undefined) delete process.env[name]
          else process.env[name] = value
        }
      },
      { auto: true },
    ],
    cached: async ({ cache }, use) => {
      await use(async () => {
        const names: string[] = await readdir(join(cache, 'downloads')).catch(() => [])
        return names.filter((name) => !name.endsWith('.lock')).toSorted()
      })
    },
  },
)

/** What is known of a server's file, as the catalog knows it. */
export function buildOf(
  { body, url }: Pick<FileServer, 'body'> & { url: string },
  more: Partial<Download> = {},
): Download {
  return { url, mirrors: [], sha256: digestOf(body), bytes: body.length, ...more }
}
