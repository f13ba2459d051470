import { setTimeout as sleep } from 'node:timers/promises'

import { expect, test } from '@playwright/test'

import { AgentChannel } from '../../../src/channel/agent-channel.ts'
import { AgentRelay } from '../../../src/channel/agent-relay.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { socketPair, type SocketPair } from '../../fixtures/socket-pair.ts'
import { collect, isAlive, run, script, startAgent, whyNotHere } from '../agent/running-agent.ts'

const skip = whyNotHere()
test.skip(skip !== undefined, skip)

const generation = Buffer.alloc(16, 7)

interface RelayedClient extends Disposable {
  readonly channel: AgentChannel
  readonly pair: SocketPair
}

async function client(agent: AgentChannel): Promise<RelayedClient> {
  const pair = await socketPair()
  void new AgentRelay(agent, pair.server)
  const channel = new AgentChannel(pair.client)
  return { channel, pair, [Symbol.dispose]: () => (channel.close(), pair[Symbol.dispose]()) }
}

test('clients of a relay and its holder share one agent, each with calls of its own', async () => {
  await using agent = await startAgent()
  using one = await client(agent.channel)
  using two = await client(agent.channel)
  const [first, second] = await Promise.all([one.channel.hello(generation), two.channel.hello(generation)])
  expect(first).toEqual(second)
  const channels = [agent.channel, one.channel, two.channel]
  const all = await Promise.all(
    channels.flatMap((channel, index) =>
      Array.from({ length: 5 }, (_, call) => run(channel, script(`sleep 0.0${call}; echo ${index} ${call}`))),
    ),
  )
  expect(all.map(({ stdout }) => stdout.toString().trim())).toEqual(
    channels.flatMap((_, index) => Array.from({ length: 5 }, (__, call) => `${index} ${call}`)),
  )
  expect(await two.channel.stat('/nowhere')).toBeUndefined()
  await expect(one.channel.exec({ argv: ['/nowhere'] })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_COMMAND_START',
  })
  await one.channel.ping()
})

test('more than any window goes through a relay in both directions', async () => {
  await using agent = await startAgent()
  using one = await client(agent.channel)
  await one.channel.hello(generation)
  const call = await one.channel.exec({ ...script('cat'), stdin: true })
  const sent = Buffer.alloc(3 << 20, 'fledge!')
  call.stdin?.end(sent)
  const { stdout, exit } = await collect(call)
  expect(exit).toEqual({ exitCode: 0, timedOut: false })
  expect(stdout.equals(sent)).toBe(true)
})

test('a client that goes has all that it started killed, also what has filled its windows; others go on', async () => {
  await using agent = await startAgent()
  using one = await client(agent.channel)
  using two = await client(agent.channel)
  await Promise.all([one.channel.hello(generation), two.channel.hello(generation)])
  const quiet = await one.channel.exec(script('sleep 1000 & echo $!; wait'))
  const child = Number(await new Promise((resolve) => quiet.stdout.once('data', resolve)))
  const loud = await one.channel.exec(script('exec cat /dev/zero'))
  for (const call of [quiet, loud]) call.exited.catch(() => {})
  await sleep(200)
  one[Symbol.dispose]()
  await expect.poll(() => [quiet.pid, child, loud.pid].filter((pid) => isAlive(pid))).toEqual([])
  expect((await run(two.channel, script('echo on'))).stdout.toString()).toBe('on\n')
  expect((await run(agent.channel, script('echo on'))).stdout.toString()).toBe('on\n')
})

test('a second hello of a client detaches what it had under way, and leaves the calls of others', async () => {
  await using agent = await startAgent()
  using one = await client(agent.channel)
  using two = await client(agent.channel)
  await Promise.all([one.channel.hello(generation), two.channel.hello(generation)])
  const other = await two.channel.exec({ ...script('read line; echo "$line"'), stdin: true })
  const detached = await one.channel.exec(script('exec sleep 1000'))
  detached.exited.catch(() => {})
  await one.channel.hello(generation)
  await expect(detached.exited).rejects.toMatchObject({ code: 'ERR_FLEDGE_AGENT_LOST' })
  expect(isAlive(detached.pid)).toBe(true)
  process.kill(detached.pid)
  expect((await run(one.channel, script('echo new'))).stdout.toString()).toBe('new\n')
  other.stdin?.end('still here\n')
  expect((await collect(other)).stdout.toString()).toBe('still here\n')
})

test('a hello while there is no session is answered when one begins', async () => {
  await using agent = await startAgent()
  using one = await client(agent.channel)
  const hello = await one.channel.hello(generation)
  const again = one.channel.hello(generation)
  await agent.channel.hello(generation)
  expect(await again).toEqual(hello)
})

test('bytes that are no frames end the connection', async () => {
  await using agent = await startAgent()
  using pair = await socketPair()
  void new AgentRelay(agent.channel, pair.server)
  const closed = new Promise((resolve) => pair.client.once('close', resolve))
  pair.client.resume()
  pair.client.write('these are no frames at all')
  await closed
  await agent.channel.ping()
})

checkLeaks()
