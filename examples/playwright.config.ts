import { defineConfig } from '@playwright/test'
import { matrix } from 'fledge/test'

// All examples at once: "npx fledge test examples/". Each has its own configuration too.
export default defineConfig({
  globalSetup: './hello-package/fetch-package.ts',
  reporter: 'list',
  projects: matrix({ image: ['debian:12-minimal', 'debian:13-minimal'] }),
})
