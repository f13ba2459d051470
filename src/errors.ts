/**
 * Every error that fledge throws on purpose.
 *
 * Three families: the caller asked for something that cannot be (`MisuseError`), the host lacks
 * something (`EnvironmentError`), or the machine under test said no (`GuestError`).
 */

import { visible } from './util/visible.ts'

/** What each code means. A code never changes its meaning. */
export const errorCodes = {
  ERR_FLEDGE_OPTION: 'an option has a wrong name, type or value',
  ERR_FLEDGE_IMAGE_NOT_FOUND: 'no image has this name',
  ERR_FLEDGE_IMAGE_INVALID: 'an image name or file cannot be used',
  ERR_FLEDGE_SHARE_SOURCE: 'the source of a share does not exist or is not a folder',
  ERR_FLEDGE_SHARE_TARGET: 'the target of a share is not an absolute path',
  ERR_FLEDGE_STOPPED: 'the machine was stopped before or during the call',
  ERR_FLEDGE_ABORTED: 'the caller aborted the call',
  ERR_FLEDGE_TOOL_MISSING: 'a program that fledge needs is not installed',
  ERR_FLEDGE_SEAL: 'a sealed run cannot be set up on this host',
  ERR_FLEDGE_QEMU: 'QEMU could not do what it was asked',
  ERR_FLEDGE_ACCELERATOR: 'the accelerator that was asked for does not work on this host',
  ERR_FLEDGE_MIRROR: 'the packages of an image could not be fetched',
  ERR_FLEDGE_DOWNLOAD: 'a file could not be downloaded',
  ERR_FLEDGE_IMAGE_INDEX: 'a distribution does not tell of its images as it should',
  ERR_FLEDGE_SIGNATURE: 'a signature is missing or wrong',
  ERR_FLEDGE_DIGEST: 'what is downloaded is not the file that was pinned',
  ERR_FLEDGE_OFFLINE: 'something would have to be downloaded, and FLEDGE_OFFLINE is set',
  ERR_FLEDGE_IMAGE_BUILD: 'an image could not be built',
  ERR_FLEDGE_BAKE: 'a template could not be made',
  ERR_FLEDGE_BOOT: 'a machine that is booted instead of being cloned did not come up',
  ERR_FLEDGE_CLONE: 'a clone did not come to life as a clone',
  ERR_FLEDGE_CACHE: 'the cache folder cannot be used',
  ERR_FLEDGE_DISK_FULL: 'the host has no space left',
  ERR_FLEDGE_PROTOCOL: 'the guest agent and the host lost each other',
  ERR_FLEDGE_AGENT_LOST: 'the guest agent went away',
  ERR_FLEDGE_SSH: 'the SSH server of the guest does not answer, does not let us in, or went away',
  ERR_FLEDGE_NO_CHANNEL: 'the machine was launched without a way to ask its guest anything',
  ERR_FLEDGE_DISK_SAVE: 'the disk of a machine could not be saved',
  ERR_FLEDGE_KEPT_STATE: 'the disk that a machine is to keep cannot be used',
  ERR_FLEDGE_MACHINE_DIED: 'the machine ended by itself',
  ERR_FLEDGE_GUEST_PANIC: 'the kernel of the guest panicked',
  ERR_FLEDGE_GUEST_REQUEST: 'the guest refused a request of the agent',
  ERR_FLEDGE_COMMAND_FAILED: 'a command that had to succeed did not',
  ERR_FLEDGE_COMMAND_SUCCEEDED: 'a command that had to fail did not',
  ERR_FLEDGE_COMMAND_START: 'a command could not be started in the guest',
  ERR_FLEDGE_OUTPUT_LIMIT: 'a command wrote more than can be kept in memory',
  ERR_FLEDGE_TIMEOUT: 'a deadline passed',
  ERR_FLEDGE_UNIT_FAILED: 'a systemd unit failed',
  ERR_FLEDGE_UNIT_STATE: 'a systemd unit is not in the state that it has to be in',
  ERR_FLEDGE_COREDUMP: 'something crashed in the machine of a test that does not allow it',
  ERR_FLEDGE_CONDITION: 'what has to hold all the time does not',
  ERR_FLEDGE_NO_SYSTEMD: 'a verb needs systemd, and the guest has another init',
  ERR_FLEDGE_OWNER: 'the process that holds machines cannot be used, or is gone',
  ERR_FLEDGE_NO_MACHINE: 'no running machine has this name',
  ERR_FLEDGE_SEALED: 'a sealed run asked for something that it did not declare',
  ERR_FLEDGE_COPY: 'files could not be copied into or out of a machine',
  ERR_FLEDGE_REPORT: 'the reports of a run could not be made',
} as const

/** The literal codes of {@link FledgeError.code}. */
export type ErrorCode = keyof typeof errorCodes

/** What an error may carry besides its message. */
export interface ErrorDetails {
  /** The error below this one. */
  readonly cause?: unknown
  /** What to try, as a sentence. */
  readonly hint?: string
  /** The name of the machine that it happened on. */
  readonly machine?: string
  /** The command line, as given. */
  readonly command?: string
  /** What was seen last before a deadline passed. */
  readonly lastSeen?: string
  /** The last lines of the machine's serial console. */
  readonly consoleTail?: string
}

/**
 * The parent of every error of fledge.
 *
 * @example
 * try {
 *   await vm.succeed('false')
 * } catch (error) {
 *   if (error instanceof FledgeError && error.code === 'ERR_FLEDGE_COMMAND_FAILED') console.log(error.command)
 * }
 */
export class FledgeError extends Error {
  override name = 'FledgeError'
  readonly code: ErrorCode
  declare readonly hint?: string
  declare readonly machine?: string
  declare readonly command?: string
  declare readonly lastSeen?: string
  declare readonly consoleTail?: string

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    const { cause, ...fields } = details
    // What a guest has said may be in there, and who prints an error does not think of that.
    super(visible(message), cause === undefined ? undefined : { cause })
    this.code = code
    Object.assign(this, fields)
  }
}

/** The caller's options cannot be. */
export class MisuseError extends FledgeError {
  override name = 'MisuseError'
}

/** The host lacks something. */
export class EnvironmentError extends FledgeError {
  override name = 'EnvironmentError'
}

/** The machine under test said no, or nothing. */
export class GuestError extends FledgeError {
  override name = 'GuestError'
}

/** How a command ended, and what it said. */
export interface CommandOutcome {
  /** As it was given. */
  readonly command: string
  /** Absent when a signal ended it. */
  readonly exitCode?: number
  /** The signal that ended it, as `SIGKILL`. */
  readonly signal?: string
  /** Decoded as UTF-8; bytes that are not are replaced. */
  readonly stdout: string
  readonly stderr: string
  /** Whether its deadline ended it. */
  readonly timedOut: boolean
  /** From the call to its end, in milliseconds on the host's clock. */
  readonly durationMs: number
}

/**
 * A command did not end as it had to. It has the shape of the command's result.
 *
 * Codes: `ERR_FLEDGE_COMMAND_FAILED`, `ERR_FLEDGE_COMMAND_SUCCEEDED`, `ERR_FLEDGE_TIMEOUT`.
 */
export class CommandError extends GuestError implements CommandOutcome {
  override name = 'CommandError'
  declare readonly command: string
  declare readonly exitCode?: number
  declare readonly signal?: string
  readonly stdout: string
  readonly stderr: string
  readonly timedOut: boolean
  readonly durationMs: number

  constructor(code: ErrorCode, message: string, outcome: CommandOutcome, details: ErrorDetails = {}) {
    super(code, message, { ...details, command: outcome.command })
    if (outcome.exitCode !== undefined) this.exitCode = outcome.exitCode
    if (outcome.signal !== undefined) this.signal = outcome.signal
    this.stdout = outcome.stdout
    this.stderr = outcome.stderr
    this.timedOut = outcome.timedOut
    this.durationMs = outcome.durationMs
  }
}
