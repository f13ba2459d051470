/**
 * Playwright Test with machines: its `test` and `expect`, and a matrix of images.
 *
 * @packageDocumentation
 */
export { expect, type MachineMatchers } from './expect.ts'
export type { CoredumpPolicy } from './find-coredumps.ts'
export { matrix, type MatrixOptions } from './matrix.ts'
export type { EvidencePolicy, MachineOptions } from './machine-options.ts'
export { subtest, type Subtest } from './subtest.ts'
export { test, type MachineFixtures, type MachineTest } from './test.ts'
