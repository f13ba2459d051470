import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'

import type { PlaywrightTestConfig, PlaywrightTestProject, ReporterDescription } from '@playwright/test'

/** Reporters that Playwright knows by these names. */
const builtIn = new Set([
  'list',
  'line',
  'dot',
  'json',
  'junit',
  'null',
  'github',
  'html',
  'blob',
  'perfetto',
])
/** Where reporters write without being told, by the option that tells them. */
const reportFolders: Readonly<Record<string, object>> = {
  html: { outputFolder: 'playwright-report' },
  blob: { outputDir: 'blob-report' },
}

/**
 * A configuration that means the same wherever its file is: Playwright takes relative paths from the folder of the file
 * that it was given, and that is fledge's when it runs a user's configuration on other images.
 */
export function anchorConfig(config: PlaywrightTestConfig, folder: string): PlaywrightTestConfig {
  const { reporter, globalSetup, globalTeardown, tsconfig, webServer } = config
  return {
    ...config,
    ...anchorFolders(config, folder),
    testDir: resolve(folder, config.testDir ?? '.'),
    outputDir: resolve(folder, config.outputDir ?? 'test-results'),
    ...(tsconfig === undefined ? {} : { tsconfig: resolve(folder, tsconfig) }),
    ...(globalSetup === undefined ? {} : { globalSetup: anchorScripts(globalSetup, folder) }),
    ...(globalTeardown === undefined ? {} : { globalTeardown: anchorScripts(globalTeardown, folder) }),
    ...(reporter === undefined ? {} : { reporter: anchorReporters(reporter, folder) }),
    ...(webServer === undefined ? {} : { webServer: anchorServers(webServer, folder) }),
    ...(config.projects && {
      projects: config.projects.map((project) => ({ ...project, ...anchorFolders(project, folder) })),
    }),
  }
}

function anchorFolders(
  {
    testDir,
    outputDir,
    snapshotDir,
    snapshotPathTemplate,
  }: Pick<PlaywrightTestProject, 'testDir' | 'outputDir' | 'snapshotDir' | 'snapshotPathTemplate'>,
  folder: string,
): object {
  return {
    ...(testDir === undefined ? {} : { testDir: resolve(folder, testDir) }),
    ...(outputDir === undefined ? {} : { outputDir: resolve(folder, outputDir) }),
    ...(snapshotDir === undefined ? {} : { snapshotDir: resolve(folder, snapshotDir) }),
    ...(snapshotPathTemplate === undefined || snapshotPathTemplate.startsWith('{')
      ? {}
      : { snapshotPathTemplate: resolve(folder, snapshotPathTemplate) }),
  }
}

function anchorScripts(scripts: string | string[], folder: string): string | string[] {
  return typeof scripts === 'string'
    ? anchorScript(scripts, folder)
    : scripts.map((each) => anchorScript(each, folder))
}

/** A file, or else a package. */
function anchorScript(script: string, folder: string): string {
  const path = resolve(folder, script)
  return existsSync(path) ? path : createRequire(join(folder, 'config.js')).resolve(script)
}

function anchorReporters(
  reporter: NonNullable<PlaywrightTestConfig['reporter']>,
  folder: string,
): ReporterDescription[] {
  const list: readonly (readonly [string, unknown?])[] =
    typeof reporter === 'string' ? [[reporter]] : reporter
  return list.map(([name, given]) => {
    const options = Object.entries({ ...reportFolders[name], ...(given as object | undefined) })
    const anchored = options.map(([key, value]: [string, unknown]) =>
      /^output(File|Folder|Dir)$/.test(key) && typeof value === 'string'
        ? [key, resolve(folder, value)]
        : [key, value],
    )
    return [builtIn.has(name) ? name : anchorScript(name, folder), Object.fromEntries(anchored)]
  }) as ReporterDescription[]
}

function anchorServers(
  servers: NonNullable<PlaywrightTestConfig['webServer']>,
  folder: string,
): NonNullable<PlaywrightTestConfig['webServer']> {
  if (!Array.isArray(servers)) return { ...servers, cwd: resolve(folder, servers.cwd ?? '.') }
  return servers.map((server) => ({ ...server, cwd: resolve(folder, server.cwd ?? '.') }))
}
