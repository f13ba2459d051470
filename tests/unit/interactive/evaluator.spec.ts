import { expect, test } from '@playwright/test'

import { Evaluator, type Globals } from '../../../src/interactive/evaluator.ts'
import { readInput } from '../../../src/interactive/read-input.ts'
import { UnfinishedInput } from '../../../src/interactive/strip-types.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

/** Types inputs one after the other, and gives the values of them. */
async function typed(inputs: readonly string[], globals: Globals = {}): Promise<readonly unknown[]> {
  await using evaluator = new Evaluator(globals)
  const values: unknown[] = []
  for (const each of inputs) values.push((await evaluator.evaluate(readInput(each))).value)
  return values
}

test('an input is TypeScript, with await', async () => {
  expect(await typed(['const a: string = await Promise.resolve("b" as string)', 'a'])).toEqual([
    undefined,
    'b',
  ])
  expect(await typed(['enum Colour { Red, Green }', 'Colour.Green'])).toEqual([undefined, 1])
  expect(await typed(['interface A { b: string }', 'type C = A'])).toEqual([undefined, undefined])
  expect(await typed(['class A { constructor(readonly b: number) {} }', 'new A(3).b'])).toEqual([
    undefined,
    3,
  ])
})

test('an input gives the value of its last statement, if it is an expression', async () => {
  expect(await typed(['1; 2', '3;', '(4, 5);', '6 // seven', '{ a: 8 }', '{ a: 9 };', ''])).toEqual([
    2,
    3,
    5,
    6,
    { a: 8 },
    undefined,
    undefined,
  ])
  expect(await typed(['if (true) { 1 }', 'for (const a of [1]) { await a }'])).toEqual([undefined, undefined])
})

test('what an input declares is there in later ones, and may be declared again', async () => {
  expect(
    await typed([
      'const a = 1, { b, c: [d = 4], ...e } = await { b: 2, c: [], f: 5 }',
      '[a, b, d, e]',
      'const a = 2',
      'a = 3',
      'a',
      'let g',
      'g',
      'var h = 1',
      'var h',
      'h',
    ]),
  ).toEqual([undefined, [1, 2, 4, { f: 5 }], undefined, 3, 3, undefined, undefined, undefined, undefined, 1])
  expect(
    await typed(['f(); function f() { return 1 }', 'f()', 'class A {}', 'class A { b = 2 }', 'new A().b']),
  ).toEqual([undefined, 1, undefined, undefined, 2])
})

test('what an input assigns to is not made a name of all', async () => {
  expect(await typed(['neverDeclared = 1', 'neverDeclared', 'typeof fetch'])).toEqual([1, 1, 'function'])
  expect('neverDeclared' in globalThis).toBe(false)
  expect(await typed(['typeof neverThere', 'toString === globalThis.toString'], {})).toEqual([
    'undefined',
    true,
  ])
  await expect(typed(['neverThere'])).rejects.toThrow(ReferenceError)
})

test('an input sees what its globals are now, in the realm of all', async () => {
  const globals: Globals = { vm: 1 }
  await using evaluator = new Evaluator(globals)
  globals['vm'] = 2
  expect(await evaluator.evaluate(readInput('vm'))).toEqual({ value: 2, awaited: false })
  await evaluator.evaluate(readInput('vm = /x/'))
  expect(globals['vm']).toBeInstanceOf(RegExp)
})

test('a promise that is the value is waited for', async () => {
  await using evaluator = new Evaluator({})
  expect(await evaluator.evaluate(readInput('Promise.resolve(1)'))).toEqual({ value: 1, awaited: true })
  await expect(evaluator.evaluate(readInput('Promise.reject(new TypeError("no"))'))).rejects.toThrow(
    TypeError,
  )
})

test('an input imports', async () => {
  expect(
    await typed([
      'import { basename as base, type ParsedPath } from "node:path"; import path, * as all from "node:path"',
      'base("/a/b") + path.sep + all.sep',
      'import "node:path"',
      '(await import("node:os")).EOL',
    ]),
  ).toEqual([undefined, 'b//', undefined, '\n'])
  await expect(typed(['export const a = 1'])).rejects.toThrow(SyntaxError)
})

test('what is declared by using is disposed of when the prompt ends, the last first', async () => {
  const seen: string[] = []
  const resource = (name: string): Disposable => ({ [Symbol.dispose]: () => void seen.push(name) })
  await typed(['using a = resource("a")', 'await using b = resource("b"), c = null', 'seen.push("c")'], {
    resource,
    seen,
  })
  expect(seen).toEqual(['c', 'b', 'a'])
})

test('an input that more lines could make right is unfinished, and any other is wrong', () => {
  const unfinished = [
    'f(',
    'const f = (a: string) => {',
    '`a',
    '/* a',
    'a +',
    'class A {\n',
    'if (a)',
    '{ a: 1,',
  ]
  for (const each of unfinished) expect(() => readInput(each), each).toThrow(UnfinishedInput)
  const wrong = ['f)', 'const a: = 1', "'a", '"😀日本" )', 'return 1', 'a b', 'x\n^^']
  for (const each of wrong) expect(() => readInput(each), each).toThrow(SyntaxError)
})

checkLeaks()
