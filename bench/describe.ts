import type { BenchReport } from './bench.ts'
import type { Figures, Ratios } from './figures.ts'
import type { Times } from './times.ts'

/** What each ratio says, in the order in which they are shown. */
const ratioLines: Readonly<Record<keyof Ratios, string>> = {
  coldBootToAnswer: 'a boot until it is idle, to a clone until it answers',
  coldBootToClone: 'a boot until it is idle, to a clone until it has run "true"',
  suiteToCold: 'tests a minute in fresh clones, to tests that boot',
  sealedToPlain: 'a sealed run of tests in clones, to a plain one',
  cachedToAllowed:
    "a sealed run of which all is remembered, to the runner's empty run and a tenth of the first",
  cloneToFloor: 'a clone until it has run "true", to the least that QEMU needs',
  answerToFloor: 'a clone until it answers, to the least that QEMU needs',
  roundTripToShell: 'a command in a running machine, to a line to an open shell',
  sshToRoundTrip: 'the same through ssh with an open master, to fledge',
  execToClone: 'the whole process "fledge exec", to a clone that has run "true"',
  shellToClone: '"fledge shell" until its prompt, to the start of Node and a clone that has run "true"',
  keystrokeToBare: 'a key typed in "fledge shell" until it is shown, to a terminal made in the guest',
  testToEmpty: 'the whole process "fledge test" of one test, to the runner\'s empty test',
  sixteenToFloor: '16 clones at once until all answered, to the least that 16 QEMUs need',
  sixteenToOne: '16 clones at once until all answered, to one',
  streamOutToPort: '64 MiB out of a machine, to dd on a raw port',
  streamInToPort: '64 MiB into a machine, to dd on a raw port',
  downloadToCurl: 'a download with its digest, to curl without, from a server of 2 Gbit/s',
  unlimitedDownloadToCurl: 'the same from a server as quick as this host',
  prepareToStock: 'preparing a disk, to its stock first boot until cloud-init is done',
  preparedToMinimal: 'a clone of it until it answers, to one of debian:12-minimal',
}

/** The report as a person reads it: ratios first, then times. */
export function describe(report: BenchReport): string {
  const { host, accelerator, image, qemu, ratios, skipped } = report
  const shown = (Object.keys(ratioLines) as (keyof Ratios)[]).flatMap((name) =>
    ratios[name] === undefined
      ? []
      : [[ratios[name].toFixed(ratios[name] < 10 ? 2 : 1), ratioLines[name]] as const],
  )
  return [
    `${image} under ${accelerator} (QEMU ${qemu}) on ${host.cpus} × ${host.cpu}, Linux ${host.kernel}`,
    ...(shown.length > 0 ? ['', ...shown.map(([value, line]) => `${value.padStart(7)}  ${line}`)] : []),
    '',
    ...table(rows(report)),
    ...skipped.map((line) => `Not measured: ${line}`),
  ].join('\n')
}

type Row = readonly [what: string, figure: string]

function rows({
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
  share,
  download,
  suite,
  prepare,
  sealed,
  cachedSuite,
}: Figures): Row[] {
  return [
    ...(coldBoot
      ? ([
          ['boot until the agent answers', ms(coldBoot.agentMs)],
          ['boot until it is idle', ms(coldBoot.idleMs)],
        ] as const)
      : []),
    ...timed('clone until it answers', clone?.answer),
    ...timed('clone until it is ready', clone?.ready),
    ...timed('clone until "true" has ended', clone?.exitStatus),
    ...timed('least until it answers', floor?.answer),
    ...timed('least until "true" has ended', floor?.exitStatus),
    ...timed('"bash -c true" by fledge', roundTrip?.fledge),
    ...timed('"bash -c true" by an open shell', roundTrip?.shell),
    ...timed('"bash -c true" by ssh', roundTrip?.ssh),
    ...timed('fledge exec IMAGE -- true', exec),
    ...timed('fledge shell until its prompt', shell?.prompt),
    ...timed('a clone beside it', shell?.clone),
    ...timed('the start of Node', shell?.node),
    ...fine('a key in fledge shell', keystroke?.fledge),
    ...fine('a key on a terminal in the guest', keystroke?.bare),
    ...timed('fledge test of one test', test?.fledge),
    ...timed("the runner's empty test", test?.empty),
    ...Object.entries(parallel ?? {}).map(
      ([size, { allAnsweredMs, allReadyMs, leastAnsweredMs, privateMiB, sharedMiB }]): Row => [
        `${size} at once until all answered`,
        `${ms(allAnsweredMs)}, at least ${ms(leastAnsweredMs)}, ready ${ms(allReadyMs)}; each ${Math.round(privateMiB)} MiB private, ${Math.round(sharedMiB)} MiB of page cache`,
      ],
    ),
    ...(stream
      ? ([
          ['64 MiB out of a machine', `${speed(stream.outMBs)}; dd on a port ${speed(stream.portOutMBs)}`],
          ['64 MiB into a machine', `${speed(stream.inMBs)}; dd on a port ${speed(stream.portInMBs)}`],
        ] as const)
      : []),
    ...(share ? shareRows(share) : []),
    ...(download
      ? ([
          [
            `a download of ${download.mb} MB at ${download.limitMBs} MB/s`,
            `${speed(download.limited.fledgeMBs)}; curl ${speed(download.limited.curlMBs)}`,
          ],
          [
            'the same without a limit',
            `${speed(download.unlimited.fledgeMBs)}; curl ${speed(download.unlimited.curlMBs)}`,
          ],
        ] as const)
      : []),
    ...timed('preparing the disk', prepare?.prepared),
    ...timed('its stock first boot', prepare?.stock),
    ...timed('a clone of it until it answers', prepare?.clone),
    ...timed('one of debian:12-minimal', prepare?.minimal),
    ...timed(`${sealed?.tests} tests in clones, plainly`, sealed?.plain),
    ...timed(`${sealed?.tests} tests in clones, sealed`, sealed?.sealed),
    ...timed(`${cachedSuite?.tests} tests that are remembered`, cachedSuite?.cached),
    ...timed("the runner's empty test beside", cachedSuite?.empty),
    ...(suite
      ? ([
          [`${suite.fledgeTests} tests in fresh clones`, `${suite.fledgePerMinute.toFixed(1)} a minute`],
          [`${suite.coldTests} tests that boot`, `${suite.coldPerMinute.toFixed(1)} a minute`],
        ] as const)
      : []),
  ]
}

function shareRows({ files, file, count, mb }: NonNullable<Figures['share']>): Row[] {
  return [
    [files, `${count.toLocaleString('en')} small files`] as const,
    [file, `one file of ${mb} MB`] as const,
  ].flatMap(([{ shareReadMs, shareWriteMs, copyInMs, copyOutMs }, what]): Row[] => [
    [`${what} in`, `read from a share ${ms(shareReadMs)}; copied ${ms(copyInMs)}`],
    [`${what} out`, `written to a share ${ms(shareWriteMs)}; copied ${ms(copyOutMs)}`],
  ])
}

function timed(what: string, times: Times | undefined): Row[] {
  return times ? [[what, `${ms(times.medianMs)}, 95 % within ${ms(times.p95Ms)} (${times.count})`]] : []
}

/** The same of what takes a few milliseconds. */
function fine(what: string, times: Times | undefined): Row[] {
  if (!times) return []
  const { medianMs, p95Ms, count } = times
  return [[what, `${medianMs.toFixed(2)} ms, 95 % within ${p95Ms.toFixed(2)} ms (${count})`]]
}

function table(lines: readonly Row[]): string[] {
  const width = Math.max(0, ...lines.map(([what]) => what.length))
  return lines.map(([what, figure]) => `${what.padEnd(width)}  ${figure}`)
}

function ms(value: number): string {
  return `${Math.round(value).toLocaleString('en')} ms`
}

function speed(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} MB/s`
}
