import { realpathSync } from 'node:fs'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { builds, collect, run, script, startAgent, whyNotHere } from './running-agent.ts'

const skip = whyNotHere()
test.skip(skip !== undefined, skip)

for (const build of builds) {
  test.describe(build, () => {
    test('exec hands over arguments, variables and the folder byte for byte', async () => {
      await using agent = await startAgent(build)
      const { exit, stdout } = await run(agent.channel, {
        argv: [
          '/bin/sh',
          '-c',
          'printf "%s|" "$@" "$A" "$PATH" "$HOME" "$USER" "$LANG"; pwd',
          'x',
          'a b',
          '',
          '$c"\n',
          'ä',
        ],
        env: { A: 'one=two' },
        cwd: '/usr/lib',
      })
      expect(exit).toEqual({ exitCode: 0, timedOut: false })
      expect(stdout.toString()).toBe(
        'a b||$c"\n|ä|one=two|/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin|/root|root|C.UTF-8|/usr/lib\n',
      )
    })

    test('exec keeps stdout and stderr apart and every byte as it was', async () => {
      await using agent = await startAgent(build)
      const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
      const octal = [...all].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')
      const done = await run(agent.channel, script(`printf '${octal}'; printf '\\377\\376' >&2`))
      expect(done.stdout.equals(all)).toBe(true)
      expect([...done.stderr]).toEqual([0xff, 0xfe])
    })

    test('exec runs a script strictly', async () => {
      await using agent = await startAgent(build)
      const codes = await Promise.all(
        ['false | true', 'echo $nothing', 'false; true', 'true | true', 'exit 7', 'kill -TERM $$'].map(
          async (text) => (await run(agent.channel, script(text))).exit,
        ),
      )
      expect(codes).toEqual([
        { exitCode: 1, timedOut: false },
        { exitCode: 1, timedOut: false },
        { exitCode: 1, timedOut: false },
        { exitCode: 0, timedOut: false },
        { exitCode: 7, timedOut: false },
        { signal: 'SIGTERM', timedOut: false },
      ])
    })

    test('exec runs a script that is longer than an argument can be, with the same meaning', async () => {
      await using agent = await startAgent(build)
      const padding = `# ${'x'.repeat(77)}\n`.repeat(2500)
      const done = await run(
        agent.channel,
        script(
          `${padding}echo "$0" "$-" $#; ls /proc/self/fd | wc -l; cat; echo late >&2; false | true; echo never`,
          {
            stdin: false,
          },
        ),
      )
      const short = await run(agent.channel, script('echo "$0" "$-" $#; ls /proc/self/fd | wc -l'))
      expect(done.exit).toEqual({ exitCode: 1, timedOut: false })
      expect(done.stderr.toString()).toBe('late\n')
      expect(done.stdout.toString()).toBe(short.stdout.toString())
    })

    test('exec runs as another user, with its groups, home and variables', async () => {
      await using agent = await startAgent(build)
      const by = async (user: string): Promise<string> =>
        (
          await run(agent.channel, script('id -u; id -g; id -G; echo $HOME $USER; pwd', { user }))
        ).stdout.toString()
      expect(await by('daemon')).toBe('1\n1\n1\n/usr/sbin daemon\n/usr/sbin\n')
      expect(await by('2')).toBe(`2\n2\n2\n/bin bin\n${realpathSync('/bin')}\n`)
      expect(await by('54321')).toBe('54321\n54321\n54321\n/ 54321\n/\n')
    })

    test('exec starts a command clean: signals, limits, mask, descriptors, session', async () => {
      await using agent = await startAgent(build)
      const text =
        'grep -E "^Sig(Blk|Ign)|^ShdPnd" /proc/self/status; umask; ls /proc/self/fd; cat /proc/self/oom_score_adj; ' +
        'ulimit -n; cut -d" " -f6 /proc/$$/stat; echo $$; readlink /proc/self/fd/0'
      const { stdout } = await run(agent.channel, { argv: ['/bin/sh', '-c', text] })
      // make has its children ignore 32 and 33, which C libraries keep to themselves: no sigaction() changes them.
      const said = stdout.toString().replace(/^(SigIgn:\t0{7})[01][08](?=0{7}$)/m, '$100')
      const lines = said.trim().split('\n')
      expect(lines.slice(0, 8)).toEqual([
        'ShdPnd:\t0000000000000000',
        'SigBlk:\t0000000000000000',
        'SigIgn:\t0000000000000000',
        '0022',
        '0',
        '1',
        '2',
        '3', // ls itself reads the folder
      ])
      expect(lines[8]).toBe('0')
      expect(lines[10]).toBe(lines[11])
      expect(lines[12]).toBe('/dev/null')
    })

    test('exec leaves the default variables out of a clean environment', async () => {
      await using agent = await startAgent(build)
      const { stdout } = await run(agent.channel, { argv: ['env'], cleanEnv: true, env: { A: 'b' } })
      expect(stdout.toString()).toBe('A=b\n')
    })

    test('exec names what was missing', async () => {
      await using agent = await startAgent(build)
      const said = async (request: Parameters<typeof agent.channel.exec>[0]): Promise<unknown> =>
        agent.channel.exec(request).then(
          () => 'started',
          (error: Error & { code: string }) => `${error.code}: ${error.message}`,
        )
      const code = 'ERR_FLEDGE_COMMAND_START: Cannot start'
      expect(await said({ argv: ['foo-bar'] })).toBe(`${code} "foo-bar": not found in PATH: foo-bar (ENOENT)`)
      expect(await said({ argv: ['/x/y'] })).toBe(`${code} "/x/y": no such program: /x/y (ENOENT)`)
      expect(await said({ argv: ['/etc/passwd'] })).toBe(
        `${code} "/etc/passwd": cannot execute /etc/passwd (EACCES)`,
      )
      expect(await said({ argv: ['true'], user: 'bob!' })).toBe(`${code} "true": no such user: bob! (ENOENT)`)
      expect(await said({ argv: ['true'], cwd: '/x' })).toBe(`${code} "true": no such folder: /x (ENOENT)`)
      expect(await said(script('true', { cwd: '/etc/passwd' }))).toBe(
        `${code} script: not a folder: /etc/passwd (ENOTDIR)`,
      )
      // Nothing is left of them.
      expect((await run(agent.channel, { argv: ['true'] })).exit).toEqual({ exitCode: 0, timedOut: false })
    })

    test('exec runs fifty commands at once', async () => {
      await using agent = await startAgent(build)
      const done = await Promise.all(
        Array.from({ length: 50 }, (_, i) => run(agent.channel, script(`sleep 0.1; echo ${i}; exit ${i}`))),
      )
      expect(done.map(({ stdout }) => stdout.toString())).toEqual(done.map((_, i) => `${i}\n`))
      expect(done.map(({ exit }) => exit)).toEqual(done.map((_, i) => ({ exitCode: i, timedOut: false })))
    })

    test('signal reaches the process, and with tree all that it started', async () => {
      await using agent = await startAgent(build)
      const one = await agent.channel.exec({ argv: ['sleep', '60'] })
      one.signal('SIGUSR1')
      expect((await collect(one)).exit).toEqual({ signal: 'SIGUSR1', timedOut: false })
      const tree = await agent.channel.exec(
        script(`setsid sleep 61.${process.pid} & sleep 62.${process.pid}`),
      )
      tree.signal('SIGKILL', { tree: true })
      expect((await collect(tree)).exit).toEqual({ signal: 'SIGKILL', timedOut: false })
      const left = await run(agent.channel, script(`pgrep -f "sleep 6[12].${process.pid}" || true`))
      expect(left.stdout.toString()).toBe('')
      expect(() => tree.signal('SIGFOO')).toThrow('no signal of Linux')
    })
  })
}

checkLeaks()
