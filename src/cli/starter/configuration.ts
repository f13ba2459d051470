import { quoted, testFolder } from './starter-files.ts'

interface Images {
  /** Names, or patterns of such. */
  readonly images: readonly string[]
}

/** The projects of a configuration, as code. */
export function matrixCode({ images }: Images): string {
  return `matrix({ image: [${images.map(quoted).join(', ')}] })`
}

/** A configuration of Playwright Test with a project for each image. */
export function configuration(project: Images): string {
  return `import { defineConfig } from '@playwright/test'
import { matrix } from 'fledge/test'

export default defineConfig({
  testDir: '${testFolder}',
  // What a test may take under KVM. Where machines are emulated it is ten times as much.
  timeout: 60_000,
  fullyParallel: true,
  reporter: 'list',
  // Each image is a project, in which all tests run. More images: { image: ['debian:12-minimal', 'debian:13-minimal'] }
  projects: ${matrixCode(project)},
})
`
}
