import { type Candidate, addressOf, newestOf, quoted, type Question, versionOf } from './candidate.ts'
import { list } from './listing.ts'

/** Rocky's folders of minor releases, and the images in the newest. */
export async function readRocky(question: Question): Promise<Candidate> {
  const { entry, architecture, web } = question
  const [major = ''] = versionOf(entry).split('.')
  const index = addressOf(question, /\/rocky\/$/)
  const minor = newestOf(question, await list(web, index), new RegExp(`^(${quoted(major)}\\.\\d+)/$`), index)
  const folder = new URL(`${minor.name}images/${architecture}/`, index).href
  const image = new RegExp(
    `^Rocky-${quoted(major)}-GenericCloud(?:-Base)?-(\\d+\\.\\d+-\\d{8}\\.\\d+)\\.${architecture}\\.qcow2$`,
  )
  const { name, build } = newestOf(question, await list(web, folder), image, folder)
  const url = new URL(name, folder).href
  return {
    build: { url, build, format: 'qcow2' },
    checksums: `${url}.CHECKSUM`,
    signature: { detached: `${url}.CHECKSUM.asc` },
  }
}
