import * as v from 'valibot'

import { type Candidate, addressOf, type Question, versionOf } from './candidate.ts'
import { compareBuilds } from './compare-builds.ts'
import { indexFault } from './faults.ts'
import { list } from './listing.ts'
import { parseJson } from './parse-json.ts'

const releases = v.object({
  release_branches: v.array(
    v.object({
      rel_branch: v.string(),
      releases: v.optional(v.array(v.object({ version: v.string() })), []),
    }),
  ),
})

/** Alpine's releases, and the folder of cloud images: not every release has some. */
export async function readAlpine(question: Question): Promise<Candidate> {
  const { entry, architecture, web } = question
  const index = addressOf(question, /\.json$/)
  const versions = parseAlpineReleases((await web.read(index)).text, index, versionOf(entry))
  const folder = addressOf(question, /\/cloud\/$/)
  const newest = newestAlpineImage(question, await list(web, folder), versions)
  if (newest === undefined) throw indexFault(`${folder} has no image of ${entry.name} for ${architecture}`)
  const { name, build } = newest
  const url = new URL(name, folder).href
  return { build: { url, build, format: 'qcow2' }, checksums: `${url}.sha512`, signature: 'image' }
}

/** The releases of a branch, as `3.24`. */
export function parseAlpineReleases(text: string, index: string, branch: string): readonly string[] {
  const { release_branches: branches } = parseJson(text, index, releases)
  const found = branches.find((each) => each.rel_branch === `v${branch}`)
  if (found === undefined) throw indexFault(`${index} has no branch v${branch}`)
  return found.releases.map(({ version }) => version)
}

/** The newest image of some releases. Of two that differ in firmware only, the one whose firmware the catalog has first. */
export function newestAlpineImage(
  { entry, architecture }: Question,
  names: readonly string[],
  versions: readonly string[],
): { readonly name: string; readonly build: string } | undefined {
  // Its names have changed twice; those of today say nothing of firmware.
  const image = /^(?:generic_|nocloud_)?alpine-([\d.]+)-([^-]+)(?:-(bios|uefi))?-cloudinit-(r\d+)\.qcow2$/
  const rank = (firmware: string | undefined): number =>
    entry.firmware.findIndex((each) => each === (firmware ?? each))
  return names
    .flatMap((name) => {
      const [, version = '', its, firmware, revision] = image.exec(name) ?? []
      const fits = versions.includes(version) && its === architecture && rank(firmware) >= 0
      return fits ? [{ name, build: `${version}-${revision}`, rank: rank(firmware) }] : []
    })
    .toSorted((a, b) => compareBuilds(b.build, a.build) || a.rank - b.rank)[0]
}
