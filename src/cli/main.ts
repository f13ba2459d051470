#!/usr/bin/env node
import { createProgram } from './program.ts'
import { endProcess } from './end-process.ts'
import { exitCodeOf } from './exit-code.ts'
import { reportError } from './report-error.ts'
import { requireOpenFiles } from './require-open-files.ts'

try {
  requireOpenFiles()
  const program = await createProgram(process.argv[2])
  await program.parseAsync()
} catch (error) {
  reportError(error)
  process.exitCode = exitCodeOf(error)
}
await endProcess()
