import * as v from 'valibot'

import { type Candidate, addressOf, newestOf, type Question } from './candidate.ts'
import { parseJson } from './parse-json.ts'

const template = v.object({
  base_url: v.string(),
  kvm: v.object({ image: v.string(), sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/i)) }),
})

/** Oracle's description of its newest image, one a release and architecture. */
export async function readOraclelinux(question: Question): Promise<Candidate> {
  const index = addressOf(question, /-template\.json$/)
  return parseOraclelinux((await question.web.read(index)).text, index, question)
}

export function parseOraclelinux(text: string, index: string, question: Question): Candidate {
  const { base_url: base, kvm } = parseJson(text, index, template)
  const { name } = newestOf(question, [kvm.image], /^OL\d+U\d+_.+-b(\d+)\.qcow2$/, index)
  const build = name.replace(/^OL(\d+)U(\d+)_.+-b(\d+)\.qcow2$/, '$1.$2-b$3')
  const url = new URL(`${base.replace(/\/$/, '')}/${name}`, index).href
  return { build: { url, build, format: 'qcow2', sha256: kvm.sha256.toLowerCase() } }
}
