import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What a QEMU that is a small program says of itself. */
export interface FakeQemu {
  readonly version?: readonly [number, number, number]
  /** Said on standard error before it ends, in place of all answers. */
  readonly lastWords?: string
}

/** Makes a program that answers as a QEMU, and adds a line to the file `starts` beside it whenever it is started. */
export async function fakeQemu(folder: string, { version = [7, 2, 22], lastWords }: FakeQemu = {}) {
  const [major, minor, micro] = version
  const answers = {
    qmp_capabilities: {},
    'query-version': { qemu: { major, minor, micro }, package: 'Debian 1:fake', unknown: true },
    'query-machines': [{ name: 'none' }, { name: `pc-i440fx-${major}.${minor}`, alias: 'pc' }],
    'qom-list-types': [{ name: 'virtio-rng-pci' }, { name: 'isa-serial', parent: 'device' }],
    'query-commands': [{ name: 'stop' }, { name: 'cont' }],
    'query-qmp-schema': [
      { name: 'netdev_add', 'meta-type': 'command', 'arg-type': '7' },
      { name: '7', 'meta-type': 'object', members: [{ name: 'type', type: '9' }] },
      { name: '9', 'meta-type': 'enum', values: ['user', 'hubport'] },
    ],
  }
  const talk = `
    const answers = ${JSON.stringify(answers)}
    const say = (message) => process.stdout.write(JSON.stringify(message) + '\\r\\n')
    say({ QMP: { version: {}, capabilities: [] } })
    require('node:readline').createInterface(process.stdin).on('line', (line) => {
      const { execute, id } = JSON.parse(line)
      say(execute in answers ? { return: answers[execute], id } : { error: { class: 'CommandNotFound', desc: execute }, id })
    })`
  const end = `process.stderr.write(${JSON.stringify(lastWords ?? '')}); process.exitCode = 1`
  return program(folder, 'qemu', lastWords === undefined ? talk : end)
}

/** Makes a Node program that notes its starts in the file `starts` beside it. */
export async function program(folder: string, name: string, script: string): Promise<string> {
  const path = join(folder, name)
  const note = `require('node:fs').appendFileSync(${JSON.stringify(join(folder, 'starts'))}, 'x')`
  await writeFile(path, `#!${process.execPath}\n${note}\n${script}\n`)
  await chmod(path, 0o755)
  return path
}
