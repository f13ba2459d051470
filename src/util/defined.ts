/** Properties without those whose value is `undefined`, as options are where none is given. */
export type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** Leaves out what is not given. */
export function defined<T extends object>(given: T): Defined<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Defined<T>
}
