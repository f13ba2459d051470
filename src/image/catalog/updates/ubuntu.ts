import * as v from 'valibot'

import {
  addressesOf,
  type Candidate,
  debianArchitecture,
  newestOf,
  type Question,
  versionOf,
} from './candidate.ts'
import { indexFault } from './faults.ts'
import { parseJson } from './parse-json.ts'

const streams = v.object({ products: v.record(v.string(), v.unknown()) })
const disk = v.object({ path: v.string(), sha256: v.string(), size: v.optional(v.number()) })
const product = v.object({
  versions: v.record(v.string(), v.object({ items: v.record(v.string(), v.unknown()) })),
})

/** Ubuntu's simplestreams: those of releases, then those of what becomes one. */
export async function readUbuntu(question: Question): Promise<Candidate> {
  const { entry, architecture, web } = question
  for (const index of addressesOf(question, /\.json$/)) {
    const found = parseUbuntu((await web.read(index)).text, index, question)
    if (found !== undefined) return found
  }
  throw indexFault(`Ubuntu's streams have nothing of ${entry.name} for ${architecture}`)
}

/** The newest version of a product that has a disk, where the product is there at all. */
export function parseUbuntu(text: string, index: string, question: Question): Candidate | undefined {
  const version = versionOf(question.entry)
  const architecture = debianArchitecture[question.architecture]
  const { products } = parseJson(text, index, streams)
  const key = ['com.ubuntu.cloud', 'com.ubuntu.cloud.daily']
    .map((stream) => `${stream}:server:${version}:${architecture}`)
    .find((each) => products[each] !== undefined)
  if (key === undefined) return undefined
  const where = `${key} in ${index}`
  const { versions } = parseJson(JSON.stringify(products[key]), where, product)
  const complete = Object.keys(versions).filter((each) => versions[each]?.items['disk1.img'] !== undefined)
  const { build } = newestOf(question, complete, /^(\d{8}(?:\.\d+)?)$/, where)
  const item = JSON.stringify(versions[build]?.items['disk1.img'])
  const { path, sha256, size } = parseJson(item, `disk1.img of ${build} of ${where}`, disk)
  // Releases are there with and without it; what is pinned has always been without.
  const url = new URL(`/${path.replace(/^server\/releases\//, 'releases/')}`, index).href
  return {
    build: { url, build, format: 'qcow2', sha256, ...(size === undefined ? {} : { bytes: size }) },
    checksums: new URL('SHA256SUMS', url).href,
    signature: { detached: new URL('SHA256SUMS.gpg', url).href },
  }
}
