// What the command line loads of sealed runs, when one is asked for.
export { runSealed } from './run-sealed.ts'
export { verdictPlace } from './verdict/verdict-place.ts'
