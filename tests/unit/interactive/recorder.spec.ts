import { expect, test } from '@playwright/test'

import { Evaluator, type Globals } from '../../../src/interactive/evaluator.ts'
import { readInput } from '../../../src/interactive/read-input.ts'
import { Recorder } from '../../../src/interactive/recorder.ts'
import { testText } from '../../../src/interactive/test-text.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

const vm = { succeed: async (line: string) => ({ stdout: `${line}\n` }), name: 'web' }
const reset = (): void => {}

/** The body of the test that is recorded of some inputs, and all of it. */
async function record(inputs: readonly string[], machines = ['vm']): Promise<{ body: string; all: string }> {
  const recorder = new Recorder(['reset', 'shell', 'record'])
  const globals: Globals = {
    vm,
    vm1: vm,
    vm2: vm,
    vms: [vm, vm],
    reset: () => recorder.machinesAreFresh(),
    shell: reset,
    expect,
    launch: () => vm,
  }
  await using evaluator = new Evaluator(globals)
  for (const each of inputs) {
    const input = readInput(each)
    try {
      const evaluated = await evaluator.evaluate(input)
      globals['_'] = evaluated.value
      recorder.succeeded(input, evaluated)
    } catch {
      recorder.failed(input)
    }
  }
  const uses = machines.map((name) => [name, { use: { image: 'debian:13-minimal' }, launch: {} }] as const)
  const all = testText({
    title: 'what was typed',
    inputs: recorder.inputs,
    machines: Object.fromEntries(uses),
    library: ['launch', 'retry'],
  })
  const [, body = ''] = /^test\([^\n]*\n([^]*)\n\}\)\n$/m.exec(all) ?? []
  return { body: body.replaceAll(/^ {2}/gm, ''), all }
}

async function bodyOf(inputs: readonly string[]): Promise<string> {
  return (await record(inputs)).body
}

test('what was typed is a test', async () => {
  const { all } = await record([
    'import { basename } from "node:path"',
    'import type { Machine } from "fledge"',
    'const name: string = (await vm.succeed("hostname")).stdout',
    'expect(basename(name)).toBe("hostname\\n")',
    'const again = (machine: Machine) => {\n  return machine.succeed("true")\n}',
    'again(vm as never)',
  ])
  expect(all).toBe(`import { expect, test } from 'fledge/test'
import { basename } from "node:path"
import type { Machine } from "fledge"

test.use({ image: 'debian:13-minimal' })

test('what was typed', async ({ vm }) => {
  const name: string = (await vm.succeed("hostname")).stdout
  expect(basename(name)).toBe("hostname\\n")
  const again = (machine: Machine) => {
    return machine.succeed("true")
  }
  await again(vm as never)
})
`)
})

test('what failed, and what only a prompt can do, is left out with all that needs it', async () => {
  expect(
    await bodyOf([
      'await vm.nothing()',
      'const a = await Promise.reject(new Error())',
      'a',
      'const b = String(a)',
      'vm.succeed(b)',
      'const status = shell(vm)',
      'String(status)',
      'vm.succeed("kept")',
      'const a = 1',
      'vm.succeed(String(a))',
    ]),
  ).toBe('await vm.succeed("kept")\nconst a = 1\nawait vm.succeed(String(a))')
})

test('what was only looked at is left out, unless its value is used', async () => {
  expect(await bodyOf(['vm', 'vm.name', '1 + 1', 'vm.succeed("a")'])).toBe('await vm.succeed("a")')
  expect(await bodyOf(['vm.succeed("a"); 5', 'vm.name', 'vm.succeed(_)'])).toBe(
    'let _\nvm.succeed("a"); _ = 5\n_ = vm.name\n_ = await vm.succeed(_)',
  )
})

test('constants that are assigned to are variables, and so is what is declared again or never', async () => {
  expect(await bodyOf(['const a = 1', 'a += 1', 'let b: number = 2', 'b++'])).toBe(
    'let a = 1\na += 1\nlet b: number = 2\nb++',
  )
  expect(
    await bodyOf(['const a = 1, b = 2', 'const { a } = await { a: 3 }', 'c = 4', 'f(); function f() {}']),
  ).toBe('let a, c, b\n;(a = 1), (b = 2);\n;({ a } = await { a: 3 });\nc = 4\nf(); function f() {}')
  expect(await bodyOf(['class A {}', 'class A { b = 1 }', 'new A()'])).toBe(
    'let A\nA = class A {};\nA = class A { b = 1 };\nnew A()',
  )
})

test('a promise that the prompt waited for is waited for', async () => {
  expect(
    await bodyOf([
      'true ? vm.succeed("a") : 1',
      'vm.succeed("b");',
      'await vm.succeed("c")',
      '[vm.succeed("d")]',
    ]),
  ).toBe(
    'await (true ? vm.succeed("a") : 1)\nawait vm.succeed("b");\nawait vm.succeed("c")\n;[vm.succeed("d")]',
  )
})

test('what came before a reset is left out, but for what is needed of it', async () => {
  expect(
    await bodyOf([
      'vm.succeed("before")',
      'const url = "http://localhost"',
      'let count = 0',
      'count = url.length',
      'reset()',
      'vm.succeed(`curl ${url}`)',
    ]),
  ).toBe('const url = "http://localhost"\nawait vm.succeed(`curl ${url}`)')
  expect(await bodyOf(['let count = 0', 'count = 5', 'reset()', 'vm.succeed(String(count))'])).toBe(
    'let count = 0\ncount = 5\nawait vm.succeed(String(count))',
  )
})

test('a text of several lines stays as it is', async () => {
  const line = 'await vm.succeed(`\n  a\n b`)'
  expect((await record([line])).all).toContain(`  ${line}\n`)
})

test('several machines, and what the library has, are imported', async () => {
  const { all } = await record(
    ['vm1.succeed("a")', 'vms[1].succeed("b")', 'const third = await launch("debian:12-minimal")'],
    ['vm1', 'vm2'],
  )
  expect(all).toBe(`import { launch } from 'fledge'
import { test } from 'fledge/test'

test('what was typed', async () => {
  await using vm1 = await launch('debian:13-minimal')
  await using vm2 = await launch('debian:13-minimal')
  const vms = [vm1, vm2]
  await vm1.succeed("a")
  await vms[1].succeed("b")
  const third = await launch("debian:12-minimal")
})
`)
})

checkLeaks()
