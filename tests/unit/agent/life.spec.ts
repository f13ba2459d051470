import { spawnSync } from 'node:child_process'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import {
  builds,
  collect,
  eventually,
  isAlive,
  openDescriptors,
  run,
  script,
  startAgent,
  statusNumber,
  whyNotHere,
} from './running-agent.ts'

const skip = whyNotHere()
test.skip(skip !== undefined, skip)

// A child that ignores SIGTERM, in a session of its own, whose parent is gone.
const daemon = (seconds: number): string =>
  `setsid sh -c "trap '' TERM HUP; echo \\$\\$ >&2; exec sleep ${seconds}" </dev/null >/dev/null &`

for (const build of builds) {
  test.describe(build, () => {
    test('a deadline kills the whole tree, whatever it ignores', async () => {
      await using agent = await startAgent(build)
      const call = await agent.channel.exec(
        script(`trap '' TERM; (${daemon(64)}) ; sleep 64; sleep 65`, { deadlineMs: 300 }),
      )
      const start = performance.now()
      const { exit, stderr } = await collect(call)
      expect(exit).toEqual({ signal: 'SIGKILL', timedOut: true })
      expect(performance.now() - start).toBeLessThan(3000)
      const grandchild = Number(stderr.toString())
      expect(grandchild).toBeGreaterThan(1)
      await eventually('the daemon is dead', () => !isAlive(grandchild))
    })

    test('without cgroups, a deadline kills the session and its descendants', async () => {
      const hide = ['unshare', '-m', 'sh', '-c', 'mount -t tmpfs none /sys/fs/cgroup && exec "$0" "$@"']
      test.skip(
        spawnSync(hide[0] as string, [...hide.slice(1), 'true']).status !== 0,
        'unshare does not work here',
      )
      await using agent = await startAgent(build, hide)
      expect((await agent.channel.hello(Buffer.alloc(16))).features.cgroups).toBe(false)
      const text = `(setsid sh -c "trap '' TERM; echo \\$\\$; sleep 67; true") & trap '' TERM; wait; sleep 68`
      const { exit, stdout } = await run(agent.channel, script(text, { deadlineMs: 400 }))
      expect(exit).toEqual({ signal: 'SIGKILL', timedOut: true })
      const child = Number(stdout.toString())
      expect(child).toBeGreaterThan(1)
      await eventually('the descendant is dead', () => !isAlive(child))
    })

    test('a background child neither holds the call nor dies of its pipe', async () => {
      await using agent = await startAgent(build)
      const begun = performance.now()
      const { exit, stdout } = await run(
        agent.channel,
        script('(for i in 1 2 3 4 5 6 7 8; do sleep 0.1; echo more; done; sleep 20) & echo $!'),
      )
      expect(performance.now() - begun).toBeLessThan(700)
      expect(exit).toEqual({ exitCode: 0, timedOut: false })
      const child = Number(stdout.toString())
      await new Promise((resolve) => setTimeout(resolve, 1200))
      expect(isAlive(child)).toBe(true)
      process.kill(child, 'SIGKILL')
    })

    test('a terminal is one, has its size, and takes another', async () => {
      await using agent = await startAgent(build)
      const text =
        'tty; stty size; echo $TERM; trap "stty size; exit 3" WINCH; echo ready; while :; do sleep 0.05; done'
      const call = await agent.channel.exec(script(text, { pty: { rows: 33, columns: 101 } }))
      let seen = ''
      call.stdout.on('data', (bytes: Buffer) => (seen += bytes.toString()))
      await eventually('the terminal is ready', () => seen.includes('ready'))
      call.resize(44, 55)
      expect(await call.exited).toEqual({ exitCode: 3, timedOut: false })
      expect(seen).toMatch(/^\/dev\/pts\/\d+\r\n33 101\r\nxterm-256color\r\nready\r\n44 55\r\n$/)
    })

    test('the end of a terminal’s input is typed', async () => {
      await using agent = await startAgent(build)
      const call = await agent.channel.exec({
        argv: ['sh', '-c', 'stty -echo; cat'],
        pty: { rows: 1, columns: 80 },
        stdin: true,
      })
      await new Promise((resolve) => setTimeout(resolve, 200))
      call.stdin?.end('hello\n')
      expect((await collect(call)).stdout.toString()).toBe('hello\r\n')
    })

    test('all output of a terminal comes before its end', async () => {
      await using agent = await startAgent(build)
      for (let round = 0; round < 5; round++) {
        const { stdout } = await run(agent.channel, script('seq 1 20000', { pty: { rows: 1, columns: 80 } }))
        expect(stdout.toString().endsWith('\r\n20000\r\n')).toBe(true)
      }
    })

    test('an abort kills the tree and rejects', async () => {
      await using agent = await startAgent(build)
      const controller = new AbortController()
      const call = await agent.channel.exec(script(`${daemon(66)} yes`), { signal: controller.signal })
      const failed = expect(call.exited).rejects.toMatchObject({ code: 'ERR_FLEDGE_ABORTED' })
      await new Promise((resolve) => setTimeout(resolve, 100))
      controller.abort()
      await failed
      await eventually('the command is dead', () => !isAlive(call.pid))
      await agent.channel.ping()
      const unborn = agent.channel.exec({ argv: ['true'] }, { signal: AbortSignal.abort() })
      await expect(unborn).rejects.toMatchObject({ code: 'ERR_FLEDGE_ABORTED' })
    })

    test('a thousand commands leave nothing behind in the agent', async () => {
      await using agent = await startAgent(build)
      const pid = agent.child.pid as number
      const some = async (count: number): Promise<void> => {
        for (let i = 0; i < count / 20; i++) {
          await Promise.all(Array.from({ length: 20 }, () => run(agent.channel, { argv: ['true'] })))
        }
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      await some(200)
      const before = { descriptors: openDescriptors(pid), memory: statusNumber(pid, 'VmRSS') }
      await some(1000)
      expect(openDescriptors(pid)).toBeLessThanOrEqual(before.descriptors)
      if (build === 'x86_64') expect(statusNumber(pid, 'VmRSS')).toBeLessThan(before.memory + 64)
      const { stdout } = await run(agent.channel, { argv: ['ps', '--ppid', String(pid), '-o', 'stat='] })
      expect(stdout.toString()).not.toContain('Z')
    })

    test('an agent that ends leaves no cgroup', async () => {
      const agent = await startAgent(build)
      await run(agent.channel, { argv: ['true'] })
      const { stdout } = await run(agent.channel, script('sed -n s/^0:://p /proc/self/cgroup'))
      const name = `fledge-${agent.child.pid}-`
      test.skip(!stdout.toString().includes(name), 'this host has no cgroup that the agent can use')
      await agent[Symbol.asyncDispose]()
      await using other = await startAgent(build)
      const left = await run(other.channel, script(`find /sys/fs/cgroup -name '${name}*'`))
      expect(left.stdout.toString()).toBe('')
    })
  })
}

checkLeaks()
