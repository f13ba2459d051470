/**
 * fledge: fully fledged Linux machines, fresh for every test.
 *
 * @packageDocumentation
 */
export { launch, prepare, type Prepared } from './machine/launch.ts'
export type { FoundMachine as RunningMachine, RunningMachines } from './owner/remote/all-machines.ts'
export { attach, listMachines } from './machine/attach.ts'
export { serveMachine } from './serve/on-demand.ts'
export { measureBoot, type BootTimes } from './machine/measure-boot.ts'
export type { DiskGiB, LaunchOptions } from './machine/launch-options.ts'
export { measurePreparation, type PreparationTimes } from './machine/measure-preparation.ts'
export type { Machine, MachineFacts } from './machine/machine.ts'
export { quietly } from './machine/quiet.ts'
export { currentInterruption, interruptible } from './machine/interruptible.ts'
export type { Coredump } from './machine/coredumps.ts'
export { joinAll, startAll } from './machine/several.ts'
export { retryUntilTruthy as retry } from './machine/retry-until-truthy.ts'
export type { PortOptions, UnixSocketOptions } from './machine/waits.ts'
export type { Clock } from './machine/clock.ts'
export type { ConsoleTextOptions } from './machine/console.ts'
export type { LinkOptions } from './machine/link.ts'
export type { QmpEventOptions } from './machine/monitor.ts'
export type { QmpCommands, QmpEvent } from './qemu/qmp-types.ts'
export type { PollingCondition, PollingOptions } from './machine/polling-condition.ts'
export type { UnitState, UnitStateOptions } from './machine/unit-info.ts'
export type { CommandLine, CommandPlace } from './machine/command-line.ts'
export type { CommandOptions, CommandResult } from './machine/command.ts'
export type { ForwardOptions } from './machine/forward-port.ts'
export type { KeyOptions, TypeOptions } from './machine/keyboard.ts'
export type { ClickOptions, Mouse } from './machine/mouse.ts'
export type { LayoutName } from './machine/keyboard-layouts.ts'
export type { ScreenshotOptions } from './machine/wait-for-screenshot.ts'
export type { ScreenMatch } from './screen/find-text.ts'
export type { ScreenBox } from './screen/picture.ts'
export type { ScreenText, ScreenWord } from './screen/read-text.ts'
export type { Share, ShareAccess, Shares } from './machine/shares.ts'
export type { SpawnOptions } from './machine/spawn.ts'
export type { ShellValue } from './machine/shell-line.ts'
export type { UnitOptions } from './machine/units.ts'
export type { Boot, Disk } from './machine/hardware.ts'
export type { Firmware } from './qemu/firmware.ts'
export type { MachineHooks, VerbCall } from './machine/verb.ts'
export type { Call, Exit } from './channel/call.ts'
export type { ConsolePiece } from './owner/console-log.ts'
export type { NoticeMessage } from './util/notice.ts'
export type { MomentMessage } from './util/moment.ts'
export { step, type ProgressMessage } from './util/progress.ts'
export type { CallOptions } from './util/with-deadline.ts'
export { imageCatalog } from './image/catalog/catalog.ts'
export type {
  Architecture,
  CatalogBuild,
  CatalogEntry,
  Traits,
  UpdateSource,
} from './image/catalog/catalog-entry.ts'
export { hostArchitecture } from './image/catalog/official-image.ts'
export { expandImages } from './image/expand-images.ts'
export { updateImages } from './image/catalog/updates/on-demand.ts'
export type { ImageUpdate } from './image/catalog/updates/look-for-update.ts'
export type { UpdateImagesOptions } from './image/catalog/updates/update-images.ts'
export { imageNames, resolveImage, type ResolveOptions } from './image/resolve-image.ts'
export { ensureImage, type EnsureImageOptions } from './image/ensure-image.ts'
export type { Image, ImageSpec } from './image/image.ts'
export { pullImage } from './image/download/on-demand.ts'
export type { PulledImage, PullOptions } from './image/download/pull-image.ts'
export { listCache, pruneCache, removeFromCache, verifyCache } from './cache/on-demand.ts'
export type { Pruned, PruneOptions } from './cache/prune-cache.ts'
export type { RemoveOptions } from './cache/remove-from-cache.ts'
export type { Verified } from './cache/verify-cache.ts'
export type { CacheEntry, CacheKind } from './cache/cache-entry.ts'
export type { Leftover } from './cache/leftovers.ts'
export { cacheFolder } from './util/cache-folder.ts'
export { examineHost, mendHost } from './doctor/on-demand.ts'
export { mendingCommands } from './doctor/mending-commands.ts'
export type { Finding } from './doctor/finding.ts'
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
