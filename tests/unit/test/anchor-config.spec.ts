import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { anchorConfig } from '../../../src/test/anchor-config.ts'

const folder = import.meta.dirname
const here = (path: string): string => `${folder}/${path}`

test('anchorConfig() takes every relative path from the folder', () => {
  const anchored = anchorConfig(
    {
      testDir: 'tests',
      outputDir: '../results',
      snapshotDir: 'snapshots',
      tsconfig: 'tsconfig.json',
      globalSetup: './matrix.spec.ts',
      globalTeardown: ['matrix.spec.ts', '@playwright/test'],
      reporter: [['list'], ['junit', { outputFile: 'junit.xml' }], ['html'], ['./matrix.spec.ts']],
      webServer: { command: 'true' },
      projects: [{ name: 'one', testDir: 'one', snapshotPathTemplate: '{testDir}/{arg}{ext}' }],
    },
    folder,
  )
  expect(anchored).toEqual({
    testDir: here('tests'),
    outputDir: here('../results').replace('/test/..', ''),
    snapshotDir: here('snapshots'),
    tsconfig: here('tsconfig.json'),
    globalSetup: here('matrix.spec.ts'),
    globalTeardown: [here('matrix.spec.ts'), expect.stringMatching(/@playwright\/test\/index\.js$/)],
    reporter: [
      ['list', {}],
      ['junit', { outputFile: here('junit.xml') }],
      ['html', { outputFolder: here('playwright-report') }],
      [here('matrix.spec.ts'), {}],
    ],
    webServer: { command: 'true', cwd: folder },
    projects: [{ name: 'one', testDir: here('one'), snapshotPathTemplate: '{testDir}/{arg}{ext}' }],
  })
})

test('anchorConfig() makes the folder explicit where a configuration leaves it to Playwright', () => {
  expect(anchorConfig({ timeout: 1 }, folder)).toEqual({
    timeout: 1,
    testDir: folder,
    outputDir: here('test-results'),
  })
})

checkLeaks()
