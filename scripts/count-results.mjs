// Prints "N passed, N failed, N skipped" from a JUnit report, and exits with 1 unless all went well.
//
//   node scripts/count-results.mjs REPORT STATUS
//
// STATUS is the exit status of the whole run: when that failed and no test did, the failure was before or beside them.
import { readFile } from 'node:fs/promises'

const [report = '', status = '0'] = process.argv.slice(2)
const text = await readFile(report, 'utf8').catch(() => undefined)
const [suites = ''] = /<testsuites\b[^>]*>/.exec(text ?? '') ?? []
const count = (name) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(suites)?.[1] ?? 0)

const skipped = count('skipped')
const broken = count('failures') + count('errors')
const failed = broken === 0 && status !== '0' ? 1 : broken
const passed = count('tests') - broken - skipped

if (text === undefined) console.log('No test has run: the checks before them failed')
else if (failed > broken)
  console.log(`All tests that ran passed, but the run ended with exit status ${status}`)
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
