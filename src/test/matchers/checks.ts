/** What matchers check their arguments with, as all of the library does. */
export {
  absolutePath,
  anything,
  checkOptions,
  checkValue,
  text,
  type OptionCheck,
  type OptionChecks,
} from '../../util/check-options.ts'
export { callChecks } from '../../util/with-deadline.ts'
