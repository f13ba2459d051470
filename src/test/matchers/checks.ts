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
export { screenshotChecks } from '../../machine/wait-for-screenshot.ts'
export { textPattern } from '../../machine/screen-text.ts'
export { findText } from '../../screen/find-text.ts'
export { callChecks } from '../../util/with-deadline.ts'
