import * as v from 'valibot'

import { type Candidate, addressOf, newestOf, quoted, type Question, versionOf } from './candidate.ts'
import { indexFault } from './faults.ts'
import { list } from './listing.ts'
import { parseJson } from './parse-json.ts'

const releases = v.array(
  v.object({
    version: v.string(),
    arch: v.string(),
    link: v.string(),
    variant: v.string(),
    subvariant: v.string(),
    sha256: v.nullish(v.string()),
    size: v.nullish(v.union([v.string(), v.number()])),
  }),
)

/** Fedora's list of all downloads, and the clearsigned checksum file in the image's folder. */
export async function readFedora(question: Question): Promise<Candidate> {
  const index = addressOf(question, /\.json$/)
  const build = parseFedora((await question.web.read(index)).text, index, question)
  const folder = new URL('.', build.url).href
  // Betas and releases call it differently.
  const checksums = (await list(question.web, folder)).find((name) => /^Fedora-Cloud-.*-CHECKSUM$/.test(name))
  if (checksums === undefined) throw indexFault(`${folder} has no checksum file`)
  return { build, checksums: new URL(checksums, folder).href, signature: 'clearsigned' }
}

export function parseFedora(text: string, index: string, question: Question): Candidate['build'] {
  const { entry, architecture } = question
  const version = versionOf(entry)
  const fitting = parseJson(text, index, releases).filter(
    ({ version: its, arch, variant, subvariant, link }) =>
      arch === architecture &&
      variant === 'Cloud' &&
      subvariant === 'Cloud_Base' &&
      (its === version || its === `${version} Beta`) &&
      /\/Fedora-Cloud-Base-(?!UEFI)[^/]*\.qcow2$/.test(link),
  )
  const final = fitting.filter((each) => each.version === version)
  const links = (final.length > 0 ? final : fitting).map(({ link }) => link)
  const compose = new RegExp(
    `/Fedora-Cloud-Base-[^/]*?(${quoted(version)}(?:_Beta)?-[\\d.]*\\d)[^/]*\\.qcow2$`,
  )
  const { name: url, build } = newestOf(question, links, compose, index)
  const { sha256, size } = fitting.find(({ link }) => link === url) ?? {}
  return {
    url,
    build,
    format: 'qcow2',
    ...(sha256 ? { sha256: sha256.toLowerCase() } : {}),
    ...(size ? { bytes: Number(size) } : {}),
  }
}
