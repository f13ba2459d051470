import * as v from 'valibot'

import {
  type Candidate,
  debianArchitecture,
  addressOf,
  newestOf,
  type Question,
  versionOf,
} from './candidate.ts'
import { indexFault } from './faults.ts'
import { list } from './listing.ts'
import { parseJson } from './parse-json.ts'

/** Debian's folders of builds; the JSON beside an image is a second opinion on its digest. */
export async function readDebian(question: Question): Promise<Candidate> {
  const { entry, architecture, web } = question
  const index = addressOf(question, /\/$/)
  const { name: folder, build } = newestOf(question, await list(web, index), /^(\d{8}-\d+)\/$/, index)
  const version = versionOf(entry)
  const release = /^\d+$/.test(version) ? version : (entry.codename ?? version)
  const daily = index.includes('/daily/') ? 'daily-' : ''
  const stem = `debian-${release}-generic-${debianArchitecture[architecture]}-${daily}${build}`
  const manifest = new URL(`${folder}${stem}.json`, index).href
  return {
    build: {
      url: new URL(`${folder}${stem}.qcow2`, index).href,
      build,
      format: 'qcow2',
      sha512: parseDebianManifest((await web.read(manifest)).text, manifest),
    },
    checksums: new URL(`${folder}SHA512SUMS`, index).href,
  }
}

const manifestSchema = v.object({
  items: v.array(
    v.looseObject({
      kind: v.string(),
      metadata: v.optional(
        v.looseObject({
          labels: v.optional(v.record(v.string(), v.string()), {}),
          annotations: v.optional(v.record(v.string(), v.string()), {}),
        }),
        {},
      ),
    }),
  ),
})

/** The digest of the qcow2 image, in hex; those of its other formats are beside it. */
export function parseDebianManifest(text: string, where: string): string {
  const { items } = parseJson(text, where, manifestSchema)
  const upload = items.find(
    ({ kind, metadata }) =>
      kind === 'Upload' && metadata.labels['upload.cloud.debian.org/image-format'] === 'qcow2',
  )
  const digest = upload?.metadata.annotations['cloud.debian.org/digest']
  const base64 = /^sha512:([A-Za-z0-9+/]+)=*$/.exec(digest ?? '')?.[1]
  const bytes = Buffer.from(base64 ?? '', 'base64')
  if (bytes.length !== 64) throw indexFault(`${where} has no SHA-512 of a qcow2 image`)
  return bytes.toString('hex')
}
