import { mkdir, writeFile } from 'node:fs/promises'
import { extname } from 'node:path'

import type { TestInfo } from '@playwright/test'

import type { Machine } from '../index.ts'
import { visibleLog } from '../interactive/visible.ts'
import { collectEvidence, type CollectOptions, type Evidence } from './collect-evidence.ts'
import { journalText } from './journal.ts'
import { say } from './say-once.ts'
import type { Picture } from './screen-log.ts'
import type { Secrets } from './secrets.ts'
import { StepLog } from './step-log.ts'
import { timelinePage } from './timeline-page.ts'
import { timelineData, timelineMachine } from './timeline.ts'

const contentTypes: Readonly<Record<string, string>> = { '.png': 'image/png', '.html': 'text/html' }

/** How much of a text is attached: its end. */
const textLimit = 16 << 20

/** What is attached besides what is collected at the end. */
interface AttachOptions extends CollectOptions {
  readonly secrets: Secrets
  /** Of the screen, from before the end. */
  readonly pictures: readonly Picture[]
}

/**
 * Attaches what can be had of a machine, without secrets: its console, its journal, the screen and, where there are any, failed
 * units, errors of the kernel and core dumps. What cannot be had is named in `not-collected.txt`. This never fails.
 */
export async function attachEvidence(
  vm: Machine,
  testInfo: TestInfo,
  { secrets, pictures, ...bounds }: AttachOptions,
): Promise<void> {
  const evidence = await collectEvidence(vm, bounds)
  const { screen: png, takenMs } = evidence
  const screens = png ? [...pictures, { timeMs: takenMs, png }] : pictures
  try {
    await mkdir(testInfo.outputDir, { recursive: true })
    for (const [name, content] of files(evidence, screens.at(-1))) {
      await attach(
        testInfo,
        name,
        typeof content === 'string' ? theEnd(visibleLog(secrets.hide(content))) : content,
      )
    }
    const machine = timelineMachine(vm, evidence, screens, secrets)
    const data = timelineData(testInfo, StepLog.of(testInfo).steps, [machine])
    await attach(testInfo, 'timeline.html', await timelinePage(data))
  } catch (error) {
    // The error of the test itself is the one to be seen.
    say(`cannot write the evidence of "${testInfo.title}": ${String(error)}`)
  }
}

/** Files by their names. */
function files(
  evidence: Evidence,
  screen: Picture | undefined,
): (readonly [name: string, content: string | Buffer])[] {
  const { journal, notes } = evidence
  const isOld = screen !== undefined && evidence.screen === undefined
  const age = isOld
    ? [`screen.png: it is of ${new Date(screen.timeMs).toISOString()}, the last before that`]
    : []
  const console = evidence.console.map(({ text }) => text).join('')
  const optional = {
    'system-log.txt': evidence.systemLog,
    'services.txt': evidence.services,
    'failed-units.txt': evidence.failedUnits,
    'kernel-errors.txt': evidence.kernelErrors,
    'coredumps.txt': evidence.coredumps,
    'not-collected.txt': [...notes, ...age].map((note) => `${note}\n`).join(''),
  }
  return [
    ['console.log', console || '[nothing was written to the console since the launch]\n'],
    ...(journal
      ? [
          [
            'journal.txt',
            journalText(journal) || '[nothing was written to the journal since the launch]\n',
          ] as const,
        ]
      : []),
    ...(screen ? [['screen.png', screen.png] as const] : []),
    ...Object.entries(optional).filter(([, text]) => text !== ''),
  ]
}

/** In the test's own output folder under its own name, where a person finds it. */
async function attach(testInfo: TestInfo, name: string, content: string | Buffer): Promise<void> {
  const path = testInfo.outputPath(name)
  await writeFile(path, content)
  testInfo.attachments.push({ name, contentType: contentTypes[extname(name)] ?? 'text/plain', path })
}

function theEnd(text: string): string {
  if (text.length <= textLimit) return text
  return `[the first ${text.length - textLimit} characters are left out]\n${text.slice(-textLimit)}`
}
