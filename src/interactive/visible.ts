// What a guest has said is shown in one way to all who read it, in errors of the library too.
export { visible, visibleButStyles, visibleLine, visibleLog } from '../util/visible.ts'
