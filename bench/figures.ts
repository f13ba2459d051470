import type { Times } from './times.ts'

/** What was measured, in milliseconds, MB/s (10^6 bytes) and MiB; what was left out is not there. */
export interface Figures {
  /** One boot, from the start of QEMU. */
  readonly coldBoot?: {
    /** Until the agent answered. */
    readonly agentMs: number
    /** Until the machine was idle, as a template has to be. */
    readonly idleMs: number
  }
  /** From the call of `launch`. */
  readonly clone?: {
    /** Until the guest's agent first answered. */
    readonly answer: Times
    /** Until `launch` returned: the machine has its own randomness, name, address and time. */
    readonly ready: Times
    /** Until the exit status of `true` was there. */
    readonly exitStatus: Times
    /** When the launch came to each of its points. */
    readonly moments: Readonly<Record<string, Times>>
  }
  /** The same frozen state, restored by a script that does nothing else. */
  readonly floor?: { readonly answer: Times; readonly exitStatus: Times }
  /** `bash -c true` in a running machine, asked for in three ways. */
  readonly roundTrip?: {
    readonly fledge: Times
    /** A line to a shell that stands open on a virtio console. */
    readonly shell: Times
    /** `ssh` over an open master connection; absent where this host has no `ssh`. */
    readonly ssh?: Times
  }
  /** The whole process `fledge exec IMAGE -- true`. */
  readonly exec?: Times
  /** `fledge shell IMAGE`, in a terminal. */
  readonly shell?: {
    /** The whole process, until its prompt is shown. */
    readonly prompt: Times
    /** A clone that has run `true`. */
    readonly clone: Times
    /** Node that does nothing. */
    readonly node: Times
  }
  /** A key that is typed at a prompt of bash, until it is shown. */
  readonly keystroke?: {
    readonly fledge: Times
    /** On a terminal that a program in the guest has made. */
    readonly bare: Times
  }
  /** Whole runs of one test. */
  readonly test?: {
    /** `fledge test`: a machine runs `true`. */
    readonly fledge: Times
    /** The runner alone: an empty test. */
    readonly empty: Times
  }
  /** So many clones started at once, by their number. */
  readonly parallel?: Readonly<Record<string, Crowd>>
  /** 64 MiB between host and guest, with digests compared. */
  readonly stream?: {
    readonly outMBs: number
    readonly inMBs: number
    /** `dd` on a raw virtio-serial port of the same machine. */
    readonly portOutMBs: number
    readonly portInMBs: number
  }
  /** A tree of small files and one large file: through a share, and by the agent's copy. */
  readonly share?: Readonly<Record<'files' | 'file', TreeTimes>> & {
    readonly count: number
    readonly mb: number
  }
  /** A file from a server on this host. */
  readonly download?: {
    /** From a server that gives no more than {@link limitMBs}. */
    readonly limited: DownloadRates
    /** From one that gives all that the host can. */
    readonly unlimited: DownloadRates
    readonly limitMBs: number
    readonly mb: number
  }
  /** An official image or a disk of one's own, prepared by its first boot. */
  readonly prepare?: {
    /** From the start of QEMU until the agent is in it and it is off. */
    readonly prepared: Times
    /** Its stock first boot, until all of cloud-init is done. */
    readonly stock: Times
    /** A clone of it, until it answers. */
    readonly clone: Times
    /** The same of `debian:12-minimal`. */
    readonly minimal: Times
  }
  /** Tests a minute. */
  readonly suite?: {
    /** Each in a fresh clone. */
    readonly fledgePerMinute: number
    readonly fledgeTests: number
    /** Each in a machine that boots. */
    readonly coldPerMinute: number
    readonly coldTests: number
  }
  /** Whole runs of tests that each have a fresh clone. */
  readonly sealed?: {
    readonly tests: number
    readonly plain: Times
    /** With `--sandbox`, all of them. */
    readonly sealed: Times
  }
  /** Whole sealed runs of the same tests. */
  readonly cachedSuite?: {
    readonly tests: number
    /** All of them run. */
    readonly first: Times
    /** All of them are remembered. */
    readonly cached: Times
    /** The runner's own run of an empty test. */
    readonly empty: Times
  }
}

/** Clones that were started at once; medians of some rounds. */
export interface Crowd {
  readonly allAnsweredMs: number
  readonly allReadyMs: number
  /** Until all of as many machines have answered that a script without fledge restored at once. */
  readonly leastAnsweredMs: number
  /** Of each, once it is idle: what no other process can share. */
  readonly privateMiB: number
  /** Of each: pages of files, which are in the host's page cache once for all. */
  readonly sharedMiB: number
}

/** How long it took to read a tree in the guest and to write one there, in milliseconds. */
export interface TreeTimes {
  readonly shareReadMs: number
  readonly shareWriteMs: number
  readonly copyInMs: number
  readonly copyOutMs: number
}

/** What `--only` takes. */
export type Measure = keyof Figures

/** How quickly a file was downloaded. */
export interface DownloadRates {
  /** With its digest. */
  readonly fledgeMBs: number
  readonly curlMBs: number
}

/** What of the figures is to be compared; higher is better for all but those named `…ToFloor`, `…ToShell`, `…ToClone`, `…ToBare`, `…ToEmpty`, `…ToStock` and `…ToMinimal`. */
export interface Ratios {
  /** How many times sooner a clone answers than a boot is idle. */
  readonly coldBootToAnswer?: number
  /** How many times sooner a clone has run `true` than a boot is idle. */
  readonly coldBootToClone?: number
  /** How many times as long as the least possible a clone takes to have run `true`. */
  readonly cloneToFloor?: number
  /** The same until the first answer. */
  readonly answerToFloor?: number
  readonly roundTripToShell?: number
  readonly sshToRoundTrip?: number
  /** How many times as long as a clone the whole process takes. */
  readonly execToClone?: number
  /** How many times as long as Node's own start and a clone that has run `true`, together, a shell takes until its prompt. */
  readonly shellToClone?: number
  readonly keystrokeToBare?: number
  readonly testToEmpty?: number
  readonly streamOutToPort?: number
  readonly streamInToPort?: number
  /** How many times as long 16 clones take until all have answered as one does. */
  readonly sixteenToOne?: number
  /** How many times as long 16 clones take until all have answered as the least possible for 16. */
  readonly sixteenToFloor?: number
  /** From a server that is as quick as a network of 2 Gbit/s. */
  readonly downloadToCurl?: number
  /** From one that is as quick as this host. */
  readonly unlimitedDownloadToCurl?: number
  readonly suiteToCold?: number
  /** How many times as long a sealed run takes as a plain one. */
  readonly sealedToPlain?: number
  /** How much a run of which all is remembered takes of what it may: the runner's empty run and a tenth of the first run. */
  readonly cachedToAllowed?: number
  /** How much of a stock first boot it takes to prepare an image. */
  readonly prepareToStock?: number
  /** How many times as long as a clone of an image from packages one of a prepared image takes to answer. */
  readonly preparedToMinimal?: number
}

/** Sets side by side what was measured. */
export function ratiosOf(figures: Figures): Ratios {
  const {
    coldBoot,
    clone,
    floor,
    roundTrip,
    exec,
    shell,
    keystroke,
    test,
    parallel,
    stream,
    download,
    suite,
    prepare,
  } = figures
  const { sealed, cachedSuite } = figures
  const ratios: { [Name in keyof Ratios]: number | undefined } = {
    coldBootToAnswer: ratio(coldBoot?.idleMs, clone?.answer.medianMs),
    coldBootToClone: ratio(coldBoot?.idleMs, clone?.exitStatus.medianMs),
    cloneToFloor: ratio(clone?.exitStatus.medianMs, floor?.exitStatus.medianMs),
    answerToFloor: ratio(clone?.answer.medianMs, floor?.answer.medianMs),
    roundTripToShell: ratio(roundTrip?.fledge.medianMs, roundTrip?.shell.medianMs),
    sshToRoundTrip: ratio(roundTrip?.ssh?.medianMs, roundTrip?.fledge.medianMs),
    execToClone: ratio(exec?.medianMs, clone?.exitStatus.medianMs),
    shellToClone: ratio(shell?.prompt.medianMs, shell && shell.clone.medianMs + shell.node.medianMs),
    keystrokeToBare: ratio(keystroke?.fledge.medianMs, keystroke?.bare.medianMs),
    testToEmpty: ratio(test?.fledge.medianMs, test?.empty.medianMs),
    streamOutToPort: ratio(stream?.outMBs, stream?.portOutMBs),
    streamInToPort: ratio(stream?.inMBs, stream?.portInMBs),
    sixteenToOne: ratio(parallel?.['16']?.allAnsweredMs, parallel?.['1']?.allAnsweredMs),
    sixteenToFloor: ratio(parallel?.['16']?.allAnsweredMs, parallel?.['16']?.leastAnsweredMs),
    downloadToCurl: ratio(download?.limited.fledgeMBs, download?.limited.curlMBs),
    unlimitedDownloadToCurl: ratio(download?.unlimited.fledgeMBs, download?.unlimited.curlMBs),
    sealedToPlain: ratio(sealed?.sealed.medianMs, sealed?.plain.medianMs),
    cachedToAllowed: ratio(
      cachedSuite?.cached.medianMs,
      cachedSuite && cachedSuite.empty.medianMs + cachedSuite.first.medianMs / 10,
    ),
    suiteToCold: ratio(suite?.fledgePerMinute, suite?.coldPerMinute),
    prepareToStock: ratio(prepare?.prepared.medianMs, prepare?.stock.medianMs),
    preparedToMinimal: ratio(prepare?.clone.medianMs, prepare?.minimal.medianMs),
  }
  return Object.fromEntries(Object.entries(ratios).filter(([, value]) => value !== undefined))
}

function ratio(above: number | undefined, below: number | undefined): number | undefined {
  return above === undefined || below === undefined ? undefined : above / below
}
