import { on } from 'node:events'
import type { Socket } from 'node:net'

import { launch, type Machine } from 'fledge'

import { type ExtraPort, plugPort } from '../extra-port.ts'
import type { Figures } from '../figures.ts'
import { openSsh } from '../open-ssh.ts'
import type { Subject } from '../subject.ts'
import { summarize, time } from '../times.ts'

/** Runs `bash -c true` in one running machine: by fledge, by an open shell on a virtio console, and by ssh, in turns. */
export async function roundTrip(subject: Subject): Promise<Pick<Figures, 'roundTrip'>> {
  const { image, clones, signal, update } = subject
  await using vm = await launch(image, { signal })
  await using console = await plugPort(vm, 'virtconsole')
  await openShell(vm, console, signal)
  await using ssh = await openSsh(vm)
  const times = { fledge: [] as number[], shell: [] as number[], ssh: [] as number[] }
  // The first of each kind finds nothing translated yet.
  for (let turn = 0; turn <= clones; turn++) {
    update(`turn ${turn} of ${clones}`)
    const fledge = await time(() => vm.succeed(['bash', '-c', 'true']))
    const shell = await time(() => runInShell(console.socket, turn, signal))
    const overSsh = ssh && (await time(() => ssh.run('bash -c true', signal)))
    if (turn === 0) continue
    times.fledge.push(fledge)
    times.shell.push(shell)
    if (overSsh !== undefined) times.ssh.push(overSsh)
  }
  return {
    roundTrip: {
      fledge: summarize(times.fledge),
      shell: summarize(times.shell),
      ...(ssh ? { ssh: summarize(times.ssh) } : {}),
    },
  }
}

async function openShell(vm: Machine, { device, socket }: ExtraPort, signal: AbortSignal): Promise<void> {
  await vm.waitForFile(device)
  // The terminal forgets its settings when nobody has it open, and echoes what comes before it has them.
  const ready = heard(socket, 'ready\n', signal)
  const shell = await vm.spawn(
    `exec <${device} >${device} 2>&1; stty raw -echo; echo ready; exec bash --noprofile --norc`,
  )
  shell.stdout.resume()
  shell.stderr.resume()
  // It ends with its machine.
  shell.exited.catch(() => {})
  await ready
}

/** The status comes back with a number, so that nothing older is taken for it. */
async function runInShell(console: Socket, turn: number, signal: AbortSignal): Promise<void> {
  const answered = heard(console, `:${turn}:0\n`, signal)
  console.write(`bash -c true; echo :${turn}:$?\n`)
  await answered
}

/** How long a shell may take to say something. */
const patienceMs = 120_000

/** Waits until some words have come. */
async function heard(console: Socket, words: string, signal: AbortSignal): Promise<void> {
  const late = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
  let text = ''
  for await (const [bytes] of on(console, 'data', { signal: late }) as AsyncIterable<[Buffer]>) {
    text += bytes.toString('latin1')
    if (text.includes(words)) return
  }
}
