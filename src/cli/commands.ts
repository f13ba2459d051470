import type { Command } from 'commander'

/** Every command, in the order of the help, and how to get it: what is not asked for is not loaded. */
export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  test: async () => (await import('./test-command.ts')).testCommand(),
  why: async () => (await import('./why-command.ts')).whyCommand(),
  exec: async () => (await import('./exec-command.ts')).execCommand(),
  shell: async () => (await import('./shell-command.ts')).shellCommand(),
  init: async () => (await import('./init-command.ts')).initCommand(),
  ps: async () => (await import('./ps-command.ts')).psCommand(),
  attach: async () => (await import('./attach-command.ts')).attachCommand(),
  stop: async () => (await import('./stop-command.ts')).stopCommand(),
  repl: async () => (await import('./repl-command.ts')).replCommand(),
  images: async () => (await import('./images-command.ts')).imagesCommand(),
  cache: async () => (await import('./cache-command.ts')).cacheCommand(),
  bench: async () => (await import('./bench-command.ts')).benchCommand(),
  doctor: async () => (await import('./doctor-command.ts')).doctorCommand(),
}
