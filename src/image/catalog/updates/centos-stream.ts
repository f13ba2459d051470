import { type Candidate, addressOf, newestOf, quoted, type Question, versionOf } from './candidate.ts'
import { namesIn } from './checksum-file.ts'

/** CentOS Stream's checksum file, which is its index too. It has another family of images, with the architecture first. */
export async function readCentosStream(question: Question): Promise<Candidate> {
  const { entry, architecture, web } = question
  const index = new URL('CHECKSUM', addressOf(question, /\/images\/(?:CHECKSUM)?$/)).href
  const image = new RegExp(
    `^CentOS-Stream-GenericCloud-${quoted(versionOf(entry))}-(\\d{8}\\.\\d+)\\.${architecture}\\.qcow2$`,
  )
  const { name, build } = newestOf(question, namesIn((await web.read(index)).text), image, index)
  return { build: { url: new URL(name, index).href, build, format: 'qcow2' }, checksums: index }
}
