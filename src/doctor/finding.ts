/** What the doctor found of one thing that fledge needs. */
export interface Finding {
  /** What was looked at, in a word or two. */
  readonly name: string
  /**
   * - `ok`: it is there;
   * - `weak`: machines run without it, but slower, or not in every way;
   * - `missing`: nothing works without it.
   */
  readonly state: 'ok' | 'weak' | 'missing'
  /** What is there, or what is wrong. */
  readonly detail: string
  /** What to do, as a sentence. */
  readonly hint?: string
  /** The Debian packages that mend it. */
  readonly packages?: readonly string[]
}

/** All is well. */
export function ok(name: string, detail: string): Finding {
  return { name, state: 'ok', detail }
}

/** It is not needed, but good to have. */
export function weak(name: string, detail: string, hint: string): Finding {
  return { name, state: 'weak', detail, hint }
}

/** It is needed, and this mends it. */
export function missing(
  name: string,
  detail: string,
  mend: { readonly hint: string } | { readonly packages: readonly string[] },
): Finding {
  return { name, state: 'missing', detail, ...mend }
}
