/** Linux's numbers, whatever the host is. */
const numbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
  SIGIO: 29,
  SIGPWR: 30,
  SIGSYS: 31,
}

const byNumber = new Map(Object.entries(numbers).map(([name, number]) => [number, name]))

/** The number of a signal of a Linux guest, or `undefined` for a name that is none. */
export function signalNumber(name: string): number | undefined {
  return Object.hasOwn(numbers, name) ? numbers[name] : undefined
}

/** The name of a signal of a Linux guest; real-time signals are `SIGRTMIN+N`. */
export function signalName(number: number): string {
  return byNumber.get(number) ?? (number >= 34 ? `SIGRTMIN+${number - 34}` : `SIG${number}`)
}
