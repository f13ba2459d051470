import * as v from 'valibot'

import { indexFault } from './faults.ts'

/**
 * Reads JSON of a shape.
 *
 * @throws EnvironmentError `ERR_FLEDGE_IMAGE_INDEX` when it is no JSON, or of another shape
 */
export function parseJson<T>(text: string, where: string, schema: v.GenericSchema<unknown, T>): T {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text)
  if (parsed.success) return parsed.output
  const [issue] = parsed.issues
  const path = v.getDotPath(issue)
  throw indexFault(
    `${where} is not as expected: ${path === null ? '' : `${path}: `}${issue.message.slice(0, 200)}`,
  )
}
