import {
  type Candidate,
  addressOf,
  debianArchitecture,
  newestOf,
  quoted,
  type Question,
  versionOf,
} from './candidate.ts'
import { namesIn } from './checksum-file.ts'
import { indexFault } from './faults.ts'
import { list } from './listing.ts'

/** FreeBSD's folders of releases. The digests are of the compressed files. */
export async function readFreebsd(question: Question): Promise<Candidate> {
  const { entry, architecture, web } = question
  const index = addressOf(question, /\/VM-IMAGES\/$/)
  const version = versionOf(entry)
  const release = new RegExp(`^(${quoted(version)}${version.includes('.') ? '' : '\\.\\d+'}-RELEASE)/$`)
  const { build } = newestOf(question, await list(web, index), release, index)
  const folder = `${index}${build}/${architecture === 'x86_64' ? 'amd64' : 'aarch64'}/Latest/`
  const checksums = `${folder}CHECKSUM.SHA256`
  const name = chooseFreebsdImage(namesIn((await web.read(checksums)).text), build, question)
  if (name === undefined) throw indexFault(`${checksums} has no image of ${entry.name} for ${architecture}`)
  const format = name.includes('.qcow2') ? 'qcow2' : 'raw'
  return { build: { url: `${folder}${name}`, build, format, compression: 'xz' }, checksums }
}

/** The kind of image that the catalog has already; else a qcow2 with the file system that it knows. */
export function chooseFreebsdImage(
  names: readonly string[],
  build: string,
  { entry, architecture }: Question,
): string | undefined {
  const its = architecture === 'x86_64' ? debianArchitecture.x86_64 : 'arm64-aarch64'
  const stem = `FreeBSD-${build}-${its}-BASIC-CLOUDINIT-`
  const older = /-BASIC-CLOUDINIT-(\S+)$/.exec(entry.builds[architecture]?.url ?? '')?.[1]
  const fileSystem = entry.traits.rootFileSystem ?? 'ufs'
  const kinds = [older, `${fileSystem}.qcow2.xz`, `${fileSystem}.raw.xz`]
  return kinds.map((kind) => `${stem}${kind}`).find((name) => names.includes(name))
}
