/**
 * fledge: fully fledged Linux machines, fresh for every test.
 *
 * @packageDocumentation
 */
export { launch, prepare, type Prepared } from './machine/launch.ts'
export type { LaunchOptions } from './machine/launch-options.ts'
export type { Machine, MachineFacts, PortOptions, SpawnOptions } from './machine/machine.ts'
export type { CommandLine, CommandPlace } from './machine/command-line.ts'
export type { CommandOptions, CommandResult } from './machine/command.ts'
export type { ForwardOptions } from './machine/forward-port.ts'
export type { Share, ShareAccess, Shares } from './machine/shares.ts'
export type { ShellValue } from './machine/shell-quote.ts'
export type { UnitOptions } from './machine/units.ts'
export type { MachineHooks, VerbCall } from './machine/verb.ts'
export type { Call, Exit } from './channel/agent-call.ts'
export type { CallOptions } from './util/with-deadline.ts'
export {
  CommandError,
  EnvironmentError,
  errorCodes,
  FledgeError,
  GuestError,
  MisuseError,
  type CommandOutcome,
  type ErrorCode,
  type ErrorDetails,
} from './errors.ts'
