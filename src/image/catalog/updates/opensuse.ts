import * as v from 'valibot'

import { type Candidate, addressOf, newestOf, quoted, type Question, versionOf } from './candidate.ts'
import { parseJson } from './parse-json.ts'

const jsonTable = v.object({
  data: v.array(v.object({ name: v.string(), size: v.nullish(v.union([v.number(), v.string()])) })),
})

/** openSUSE's list of a folder as JSON. */
export async function readOpensuse(question: Question): Promise<Candidate> {
  const index = addressOf(question, /\?jsontable$/)
  return parseOpensuse((await question.web.read(index)).text, index, question)
}

export function parseOpensuse(text: string, index: string, question: Question): Candidate {
  const { entry, architecture } = question
  const release = entry.name.startsWith('opensuse-tumbleweed') ? 'Tumbleweed' : `Leap-${versionOf(entry)}`
  const image = new RegExp(
    `^(?:openSUSE-)?${quoted(release)}-Minimal-VM\\.${architecture}-(?:[\\d.]+-)?Cloud-((?:Build|Snapshot)[\\d.]*\\d)\\.qcow2$`,
  )
  const { data } = parseJson(text, index, jsonTable)
  const names = data.map(({ name }) => name)
  const { name, build } = newestOf(question, names, image, index)
  const url = new URL(name, index).href
  const bytes = Number(data.find((each) => each.name === name)?.size ?? 0)
  return {
    build: { url, build, format: 'qcow2', ...(bytes > 0 ? { bytes } : {}) },
    checksums: `${url}.sha256`,
    signature: { detached: `${url}.sha256.asc` },
  }
}
