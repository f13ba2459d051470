import * as v from 'valibot'

import { type Candidate, addressOf, newestOf, quoted, type Question, versionOf } from './candidate.ts'
import { indexFault } from './faults.ts'
import { parseJson } from './parse-json.ts'

const release = v.object({
  tag_name: v.string(),
  assets: v.array(
    v.object({ name: v.string(), browser_download_url: v.string(), size: v.optional(v.number()) }),
  ),
})

/** The newest release of the project on GitHub that builds OpenBSD's images. */
export async function readOpenbsd(question: Question): Promise<Candidate> {
  const index = addressOf(question, /\/releases\/latest$/)
  return parseOpenbsd((await question.web.read(index)).text, index, question)
}

export function parseOpenbsd(text: string, index: string, question: Question): Candidate {
  const { tag_name: tag, assets } = parseJson(text, index, release)
  const pattern = new RegExp(`^(v${quoted(versionOf(question.entry))}_.*)$`)
  const { build } = newestOf(question, [tag], pattern, `The newest release, ${tag},`)
  const image = assets.find(({ name }) => name === 'openbsd-min.qcow2')
  const checksums = assets.find(({ name }) => name === 'openbsd-min.qcow2.sha256')
  if (!image || !checksums) throw indexFault(`Release ${tag} at ${index} has no image with a digest`)
  const { browser_download_url: url, size } = image
  return {
    build: { url, build, format: 'qcow2', ...(size === undefined ? {} : { bytes: size }) },
    checksums: checksums.browser_download_url,
  }
}
