import { findProgram } from '../util/find-program.ts'
import { optionalPackages, type Tool, toolPackages } from '../util/run-tool.ts'
import { type Finding, missing, ok, weak } from './finding.ts'

/** The programs that fledge calls, one finding for each package that they come in. */
export async function examineTools(): Promise<readonly Finding[]> {
  const tools = (Object.keys(toolPackages) as Tool[]).filter((tool) => tool !== 'qemu-system-x86_64')
  const packages = [...new Set(tools.map((tool) => toolPackages[tool]))]
  return Promise.all(
    packages.map((name) =>
      examinePackage(
        name,
        tools.filter((tool) => toolPackages[tool] === name),
      ),
    ),
  )
}

async function examinePackage(name: string, tools: readonly Tool[]): Promise<Finding> {
  const paths = await Promise.all(tools.map(findProgram))
  const absent = tools.filter((_, index) => paths[index] === undefined)
  if (absent.length === 0) return ok(name, paths.join(', '))
  const detail = `no ${absent.join(', ')}`
  const use = optionalPackages[name]
  return use !== undefined
    ? weak(name, `${detail}, which ${use} needs`, `Run "sudo apt-get install ${name}"`)
    : missing(name, detail, { packages: [name] })
}
