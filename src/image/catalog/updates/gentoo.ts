import { type Candidate, addressOf, debianArchitecture, newestOf, type Question } from './candidate.ts'
import { indexFault } from './faults.ts'

/** Gentoo's pointer to its newest build. */
export async function readGentoo(question: Question): Promise<Candidate> {
  const index = addressOf(question, /\/latest-di-[^/]+\.txt$/)
  return parseGentoo((await question.web.read(index)).text, index, question)
}

export function parseGentoo(text: string, index: string, question: Question): Candidate {
  const architecture = debianArchitecture[question.architecture]
  const sizes = new Map(
    [...text.matchAll(/^(?:[\w.]+\/)?(di-\S+\.qcow2) (\d+)\s*$/gm)].map(([, name = '', size]) => [
      name,
      Number(size),
    ]),
  )
  const image = new RegExp(`^di-${architecture}-cloudinit-(\\d{8}T\\d{6}Z)\\.qcow2$`)
  const { name, build } = newestOf(question, [...sizes.keys()], image, index)
  const [root, rest] = index.split('/autobuilds/')
  if (rest === undefined) throw indexFault(`${index} is not among Gentoo's builds`)
  const url = `${root}/autobuilds/${build}/${name}`
  const bytes = sizes.get(name)
  return {
    build: { url, build, format: 'qcow2', ...(bytes ? { bytes } : {}) },
    checksums: `${url}.sha256`,
    signature: 'clearsigned',
  }
}
