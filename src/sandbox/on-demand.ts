// What the command line loads of sealed runs, when one is asked for.
export { runSealed } from './run-sealed.ts'
export { explainVerdicts } from './verdict/explain-verdicts.ts'
export { verdictPlace } from './verdict/verdict-place.ts'
