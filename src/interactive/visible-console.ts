import { Console } from 'node:console'
import { Writable } from 'node:stream'
import type { WriteStream } from 'node:tty'

import { visibleButStyles } from './visible.ts'

/** A console that writes to a terminal, which nothing that a guest has printed can steer. */
export function visibleConsole(output: WriteStream, { colors }: { colors: boolean }): Console {
  const stream = new Writable({
    decodeStrings: false,
    write(text: string, _, done) {
      output.write(visibleButStyles(text))
      done()
    },
  })
  return new Console({ stdout: stream, stderr: stream, inspectOptions: { colors } })
}
