import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import {
  builds,
  collect,
  readAll,
  run,
  script,
  startAgent,
  statusNumber,
  whyNotHere,
} from './running-agent.ts'

const skip = whyNotHere()
test.skip(skip !== undefined, skip)

const size = 20_000_000

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** Files of 20 MB, each with other bytes. */
async function randomFiles(
  count: number,
): Promise<AsyncDisposable & { readonly paths: readonly string[]; readonly digests: readonly string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'fledge-flow-'))
  const contents = Array.from({ length: count }, () => randomBytes(size))
  const paths = contents.map((_, index) => join(folder, String(index)))
  await Promise.all(paths.map((path, index) => writeFile(path, contents[index] ?? '')))
  return {
    paths,
    digests: contents.map(sha256),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

for (const build of builds) {
  test.describe(build, () => {
    test('a slow consumer gets 20 MB whole, and nobody buffers them', async () => {
      await using agent = await startAgent(build)
      const call = await agent.channel.exec(script(`head -c ${size} /dev/zero | tr '\\0' x; echo end >&2`))
      const stderr = readAll(call.stderr)
      let length = 0
      let most = 0
      let paused = 0
      for await (const piece of call.stdout) {
        length += (piece as Buffer).length
        most = Math.max(most, call.stdout.readableLength)
        if (length / 2_000_000 > paused) {
          paused++
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
      }
      expect(length).toBe(size)
      expect(most).toBeLessThanOrEqual(1_048_576)
      if (build === 'x86_64') expect(statusNumber(agent.child.pid as number, 'VmHWM')).toBeLessThan(3000)
      expect((await stderr).toString()).toBe('end\n')
      expect(await call.exited).toEqual({ exitCode: 0, timedOut: false })
    })

    test('an unread stream holds only its own command; to discard it lets go', async () => {
      await using agent = await startAgent(build)
      const call = await agent.channel.exec(script(`head -c ${size} /dev/zero; echo done >&2`))
      expect((await run(agent.channel, { argv: ['echo', 'other'] })).stdout.toString()).toBe('other\n')
      let ended = false
      void call.exited.then(() => (ended = true))
      await new Promise((resolve) => setTimeout(resolve, 300))
      expect(ended).toBe(false)
      call.stdout.destroy()
      expect((await readAll(call.stderr)).toString()).toBe('done\n')
      expect(await call.exited).toEqual({ exitCode: 0, timedOut: false })
    })

    test('floods on both outputs of several commands arrive as they were', async () => {
      await using agent = await startAgent(build)
      await using folder = await randomFiles(3)
      const done = await Promise.all(
        folder.paths.map((path) =>
          run(agent.channel, script('cat "$FILE" & cat "$FILE" >&2; wait', { env: { FILE: path } })),
        ),
      )
      expect(done.map(({ stdout }) => sha256(stdout))).toEqual(folder.digests)
      expect(done.map(({ stderr }) => sha256(stderr))).toEqual(folder.digests)
    })

    test('stdin that is larger than all windows arrives whole', async () => {
      await using agent = await startAgent(build)
      const data = Buffer.alloc(64_000_000, 'The quick brown fox\n')
      const call = await agent.channel.exec(script('sleep 0.2; sha256sum', { stdin: true }))
      const done = collect(call)
      await pipeline(Readable.from([data]), call.stdin as NonNullable<typeof call.stdin>)
      expect((await done).stdout.toString()).toContain(sha256(data))
    })

    test('stdin that nobody reads does not hold the command', async () => {
      await using agent = await startAgent(build)
      const call = await agent.channel.exec(script('exec <&-; sleep 0.2; echo fine', { stdin: true }))
      call.stdin?.write(Buffer.alloc(2_000_000))
      const { exit, stdout } = await collect(call)
      expect(stdout.toString()).toBe('fine\n')
      expect(exit).toEqual({ exitCode: 0, timedOut: false })
    })

    test('stdin of a slow reader waits for it', async () => {
      await using agent = await startAgent(build)
      const data = Buffer.alloc(3_000_000, 'The quick brown fox\n')
      const text =
        'for i in $(seq 30); do dd bs=100000 count=1 iflag=fullblock status=none; sleep 0.02; done | sha256sum'
      const call = await agent.channel.exec(script(text, { stdin: true }))
      call.stdin?.end(data)
      expect((await collect(call)).stdout.toString()).toContain(sha256(data))
    })

    test('stdin that is destroyed has ended', async () => {
      await using agent = await startAgent(build)
      const call = await agent.channel.exec({ argv: ['cat'], stdin: true, deadlineMs: 20_000 })
      call.stdin?.write('abc', () => call.stdin?.destroy())
      const { exit, stdout } = await collect(call)
      expect(exit).toEqual({ exitCode: 0, timedOut: false })
      expect(stdout.toString()).toBe('abc')
    })

    test('stdin that is closed ends the input, and none is /dev/null', async () => {
      await using agent = await startAgent(build)
      const call = await agent.channel.exec({ argv: ['cat'], stdin: true })
      call.stdin?.end('abc')
      expect((await collect(call)).stdout.toString()).toBe('abc')
      expect((await run(agent.channel, { argv: ['cat'] })).exit).toEqual({ exitCode: 0, timedOut: false })
    })
  })
}

checkLeaks()
