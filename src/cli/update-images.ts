import { type CatalogEntry, type ImageUpdate, updateImages } from '../index.ts'
import { paint } from '../interactive/paint.ts'
import { print, printJson } from './print.ts'
import { table } from './table.ts'

interface UpdateOutput {
  readonly file?: string
  readonly json?: boolean
  readonly dryRun?: boolean
}

/** Updates images, and prints what came of it. Gives the exit code. */
export async function updateOfficialImages(
  entries: readonly CatalogEntry[],
  names: readonly string[],
  { file, json = false, dryRun = false }: UpdateOutput,
  signal: AbortSignal,
): Promise<number> {
  const updates = await updateImages(entries, {
    names,
    dryRun,
    signal,
    ...(file === undefined ? {} : { file }),
  })
  if (json) printJson(updates.map(forPrograms))
  else print(describeUpdates(updates, { dryRun }))
  return updates.some(({ outcome }) => outcome === 'failed') ? 1 : 0
}

/** A table of what has changed, then what failed and why, and what was left as it is. */
export function describeUpdates(
  updates: readonly ImageUpdate[],
  { dryRun }: { readonly dryRun: boolean },
): string {
  const of = (outcome: ImageUpdate['outcome']): readonly ImageUpdate[] =>
    updates.filter((update) => update.outcome === outcome)
  const changed = of('updated')
  const head = ['IMAGE', 'FOR', 'WAS', 'IS', 'VERIFIED BY'].map((title) => paint('dim', title))
  const rows = changed.map(({ image, architecture, from = '-', to = '', verifiedBy = '', remark }) => [
    image,
    architecture,
    from,
    to,
    remark === undefined ? verifiedBy : `${verifiedBy} (${remark})`,
  ])
  const failures = of('failed').map(
    (update) =>
      `${paint('red', 'failed')}  ${nameOf(update)}: ${update.error?.message}${hintOf(update, '\n        ')}`,
  )
  const skipped = of('skipped').map((update) => `skipped ${nameOf(update)}: ${update.remark}`)
  const counts =
    `${changed.length} ${dryRun ? 'would change' : 'changed'}, ${of('current').length} up to date, ` +
    `${skipped.length} skipped, ${failures.length} failed`
  const news = changed.length > 0 ? [table([head, ...rows])] : []
  return [...news, ...skipped, ...failures, counts].join('\n')
}

function nameOf({ image, architecture }: ImageUpdate): string {
  return `${image} (${architecture})`
}

function hintOf({ error }: ImageUpdate, before: string): string {
  return error?.hint === undefined ? '' : `${before}${error.hint}`
}

function forPrograms({ error, ...update }: ImageUpdate): object {
  return error === undefined ? update : { ...update, error: { code: error.code, message: error.message } }
}
