import { createInterface } from 'node:readline'

import { attach, type Machine } from 'fledge'

import type { Figures } from '../figures.ts'
import { inTerminal } from '../in-terminal.ts'
import type { Subject } from '../subject.ts'
import { summarize, time } from '../times.ts'

/** Keys of one line: fewer than the terminal has columns. */
const keys = 40
/** What is typed first finds nothing translated yet. */
const warmUps = 10

/**
 * Types at a prompt of bash, key by key, until each is shown: in `fledge shell`, and, in turns, on a terminal that a program in the same guest has made,
 * with the same shell, so that the difference is the way there.
 */
export async function keystroke({ image, signal }: Subject): Promise<Pick<Figures, 'keystroke'>> {
  await using terminal = inTerminal(['shell', image], signal)
  const [, name = ''] = await terminal.until(/this is "(\S+)",/)
  await terminal.until(/[#$] $/)
  terminal.type('exec bash --noprofile --norc\r')
  await terminal.until(/bash-[\d.]+[#$] $/)
  const vm = await attach(name)
  await using bare = await openBare(vm)
  const times = { fledge: [] as number[], bare: [] as number[] }
  for (let typed = 0; typed < keys + warmUps; typed++) {
    const fledge = await time(async () => {
      terminal.type('x')
      await terminal.until(/x/)
    })
    const inGuest = await bare.type()
    if (typed < warmUps) continue
    times.fledge.push(fledge)
    times.bare.push(inGuest)
  }
  return { keystroke: { fledge: summarize(times.fledge), bare: summarize(times.bare) } }
}

/** Perl is in every Debian, and needs no module for this: the ioctls unlock a terminal and give its number, the system call gives the time. */
const typist = String.raw`
$| = 1;
sysopen(my $pty, '/dev/ptmx', 2) or die "ptmx: $!";
ioctl($pty, 0x40045431, my $unlock = pack('i', 0)) or die "unlock: $!";
ioctl($pty, 0x80045430, my $number = pack('i', 0)) or die "number: $!";
my $path = '/dev/pts/' . unpack('i', $number);
my $pid = fork;
if (!$pid) {
  syscall(112);
  open(STDIN, '+<', $path); open(STDOUT, '+>', $path); open(STDERR, '+>', $path);
  $ENV{TERM} = 'xterm-256color';
  exec 'bash', '--noprofile', '--norc', '-i';
}
sub now { syscall(228, 1, my $time = pack('qq', 0, 0)); my ($s, $ns) = unpack('qq', $time); $s * 1000 + $ns / 1e6 }
sub until { my ($what) = @_; my $all = ''; while ($all !~ $what) { sysread($pty, my $more, 4096) or die "read: $!"; $all .= $more } }
&until(qr/bash-[\d.]+[#\$] $/);
while (<STDIN>) {
  my $start = now();
  syswrite($pty, 'x');
  &until(qr/x/);
  print now() - $start, "\n";
}
kill 'KILL', $pid;
`

interface BareTerminal extends AsyncDisposable {
  /** Types a key, and gives the milliseconds until it was shown, by the guest's clock. */
  type(): Promise<number>
}

async function openBare(vm: Machine): Promise<BareTerminal> {
  const call = await vm.spawn(['perl', '-e', typist])
  call.stderr.resume()
  call.exited.catch(() => {})
  const lines = createInterface({ input: call.stdout })[Symbol.asyncIterator]()
  return {
    async type() {
      call.stdin?.write('\n')
      const { value, done } = await lines.next()
      if (done) throw new Error('The terminal in the guest has ended')
      return Number(value)
    },
    async [Symbol.asyncDispose]() {
      call.signal('SIGKILL', { tree: true })
    },
  }
}
