import { type Candidate, addressOf, newestOf, quoted, type Question, versionOf } from './candidate.ts'
import { namesIn } from './checksum-file.ts'

/** AlmaLinux's checksum file, which is its index too. */
export async function readAlmalinux(question: Question): Promise<Candidate> {
  const { entry, architecture, web } = question
  const index = new URL('CHECKSUM', addressOf(question, /\/images\/(?:CHECKSUM)?$/)).href
  const version = versionOf(entry)
  const kitten = /^kitten-(\d+)$/.exec(version)?.[1]
  const [major = ''] = version.split('.')
  const stem =
    kitten === undefined
      ? `AlmaLinux-${quoted(major)}-GenericCloud-(${quoted(major)}\\.\\d+-\\d{8}(?:\\.\\d+)?)`
      : `AlmaLinux-Kitten-GenericCloud-${quoted(kitten)}-(\\d{8}(?:\\.\\d+)?)`
  const image = new RegExp(`^${stem}\\.${quoted(architecture)}\\.qcow2$`)
  const { name, build } = newestOf(question, namesIn((await web.read(index)).text), image, index)
  // The folder of the major release moves on with the next minor one.
  const [minor = ''] = build.split('-')
  const folder = kitten === undefined ? index.replace(`/${major}/cloud/`, `/${minor}/cloud/`) : index
  return {
    build: { url: new URL(name, folder).href, build, format: 'qcow2' },
    checksums: folder,
    signature: { detached: `${folder}.asc` },
  }
}
