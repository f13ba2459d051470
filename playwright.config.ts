import { defineConfig } from '@playwright/test'

// fledge's own tests. `unit` never boots a machine, `web` opens pages in a browser; `vm` and `cli` start real machines.
export default defineConfig({
  outputDir: 'test-results',
  reporter: process.env['CI'] ? [['list'], ['junit', { outputFile: 'test-results/junit.xml' }]] : 'list',
  forbidOnly: Boolean(process.env['CI']),
  workers: 2,
  // Emulated kernels crash by themselves now and then (src/template/boot-again.ts). What fails once and then passes is named as flaky.
  projects: [
    { name: 'unit', testDir: 'tests/unit', timeout: 120_000, fullyParallel: true },
    { name: 'web', testDir: 'tests/web', timeout: 120_000 },
    { name: 'vm', testDir: 'tests/vm', timeout: 600_000, retries: 1 },
    { name: 'cli', testDir: 'tests/cli', timeout: 600_000, retries: 1 },
  ],
})
