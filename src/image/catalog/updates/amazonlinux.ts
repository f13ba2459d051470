import { type Candidate, addressOf, newestOf, type Question, versionOf } from './candidate.ts'
import { namesIn } from './checksum-file.ts'
import { compareBuilds } from './compare-builds.ts'

/** Amazon Linux: where its newest folder is redirected to, and the checksum file below that. */
export async function readAmazonlinux(question: Question): Promise<Candidate> {
  const { entry, architecture, web } = question
  const index = addressOf(question, /\/latest\/$/)
  const arm = architecture === 'aarch64'
  const folder = new URL(arm ? 'kvm-arm64/' : 'kvm/', folderOf(await web.destinationOf(index))).href
  const checksums = new URL('SHA256SUMS', folder).href
  const names = namesIn((await web.read(checksums)).text)
  const pattern = `^al${versionOf(entry)}-kvm-([\\d.]+)-kernel-[\\d.]+-${arm ? 'arm64' : 'x86_64'}\\.xfs\\.gpt\\.qcow2$`
  // Of several kernels, the oldest is the distribution's default.
  const { name, build } = newestOf(question, names.toSorted(compareBuilds), new RegExp(pattern), checksums)
  return { build: { url: new URL(name, folder).href, build, format: 'qcow2' }, checksums }
}

function folderOf(address: string): string {
  return address.endsWith('/') ? address : `${address}/`
}
