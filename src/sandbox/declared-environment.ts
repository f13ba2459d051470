import { checkValue } from '../util/check-options.ts'

/**
 * The values of the variables that are declared by `environment`; what is not set stays unset.
 *
 * @throws MisuseError `ERR_FLEDGE_OPTION` when it is not an array of names
 */
export function declaredEnvironment(
  declared: readonly unknown[],
  outside: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const names = declared
    .filter((each) => each !== undefined && each !== null)
    .flatMap((value) => {
      checkValue('test.use', 'environment', value, listOfNames)
      return value as readonly string[]
    })
  const set = [...new Set(names)].toSorted().flatMap((name) => {
    const text = outside[name]
    return text === undefined ? [] : [[name, text] as const]
  })
  return Object.fromEntries(set)
}

function listOfNames(value: unknown): string | undefined {
  const isList =
    Array.isArray(value) && value.every((each) => typeof each === 'string' && /^[A-Za-z_]\w*$/.test(each))
  return isList ? undefined : 'an array of names of variables'
}
