import { mkdir, writeFile } from 'node:fs/promises'

import type { TestInfo } from '@playwright/test'

import type { CommandLine, Machine } from '../index.ts'

/** What one piece may take under KVM, in milliseconds. They are collected at the same time. */
const pieceMs = 3_000

const contentType = 'text/plain'
const notesPiece = { name: 'not-collected.txt', contentType }

interface Piece {
  readonly name: string
  readonly contentType: string
  readonly collect: () => Promise<string | Buffer>
}

/**
 * Attaches what can be had of a machine: its console, its journal, its failed units and a screenshot. What cannot be had,
 * as of a machine that is dead, is named with the reason in `not-collected.txt`; this never fails and never takes long.
 */
export async function attachEvidence(vm: Machine, testInfo: TestInfo): Promise<void> {
  const timeoutMs = pieceMs * vm.timeFactor
  const output = async (command: CommandLine): Promise<string> =>
    (await vm.execute(command, { timeoutMs })).stdout
  const pieces: readonly Piece[] = [
    {
      name: 'console.log',
      contentType,
      collect: async () => vm.getConsoleLog() || '[nothing was written to the console since the launch]\n',
    },
    {
      name: 'journal.txt',
      contentType,
      collect: () => output('journalctl --no-pager --output=short-iso-precise --lines=5000'),
    },
    {
      name: 'failed-units.txt',
      contentType,
      collect: () =>
        output(
          'systemctl --no-pager --failed; systemctl --no-pager --full --lines=30 --state=failed status "*" || true',
        ),
    },
    { name: 'screen.png', contentType: 'image/png', collect: () => vm.screenshot({ timeoutMs }) },
  ]
  const collected = await Promise.allSettled(pieces.map(({ collect }) => collect()))
  const notes: string[] = []
  for (const [index, piece] of pieces.entries()) {
    const result = collected[index]
    if (result?.status === 'fulfilled') await attach(testInfo, piece, result.value)
    else notes.push(`${piece.name}: ${reason(result?.reason)}`)
  }
  if (notes.length > 0) await attach(testInfo, notesPiece, `${notes.join('\n')}\n`)
}

function reason(error: unknown): string | undefined {
  return error instanceof Error ? error.message.split('\n', 1)[0] : String(error)
}

/** In the test's own output folder under its own name, where a person finds it. */
async function attach(
  testInfo: TestInfo,
  { name, contentType }: Pick<Piece, 'name' | 'contentType'>,
  content: string | Buffer,
): Promise<void> {
  const path = testInfo.outputPath(name)
  await mkdir(testInfo.outputDir, { recursive: true })
  await writeFile(path, content)
  testInfo.attachments.push({ name, contentType, path })
}
