import { defineConfig } from '@playwright/test'
import { matrix } from 'fledge/test'

export default defineConfig({
  globalSetup: './fetch-package.ts',
  reporter: 'list',
  projects: matrix({ image: ['debian:12-minimal', 'debian:13-minimal'] }),
})
