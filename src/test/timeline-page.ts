import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

import type { TimelineData } from './timeline-data.ts'

/** Where the data goes in the page that the build has made of `web/timeline`. */
const place = '/*DATA*/'

/** The page that shows what the machines of a test did and said: one file of HTML, which needs nothing else. */
export async function timelinePage(data: TimelineData): Promise<string> {
  const packed = await promisify(gzip)(JSON.stringify(data))
  // Not as a text for `replace`, which takes "$" in it for its own.
  return (await readFile(framePath(), 'utf8')).replace(place, () => packed.toString('base64'))
}

/** Beside this code when installed, in `dist` of a working copy. */
function framePath(): URL {
  const [installed, built] = ['../timeline.html', '../../dist/timeline.html'].map(
    (path) => new URL(path, import.meta.url),
  ) as [URL, URL]
  return existsSync(installed) ? installed : built
}
