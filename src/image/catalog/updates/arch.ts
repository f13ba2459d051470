import { type Candidate, addressOf, newestOf, type Question } from './candidate.ts'
import { list } from './listing.ts'

/** Arch's folders of builds. */
export async function readArch(question: Question): Promise<Candidate> {
  const index = addressOf(question, /\/images\/$/)
  const { name: folder, build } = newestOf(
    question,
    await list(question.web, index),
    /^v(\d{8}\.\d+)\/$/,
    index,
  )
  const url = new URL(`${folder}Arch-Linux-x86_64-cloudimg-${build}.qcow2`, index).href
  return {
    build: { url, build, format: 'qcow2' },
    checksums: `${url}.SHA256`,
    signature: { detached: `${url}.SHA256.sig` },
  }
}
