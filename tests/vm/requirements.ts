/**
 * What users of the NixOS test driver and of nix-vm-test know, and the test here that shows that fledge does it. A row that does not apply
 * says why instead. `tests/unit/requirements.spec.ts` holds that each named test exists.
 */
export interface Requirement {
  /** A method or a global of the driver, or what a test of nix-vm-test demands. */
  readonly driver: string
  /** Ours: a method of `Machine`, a function of the library, or what does it elsewhere. */
  readonly ours?: string
  /** The test's file below `tests`, and its title. */
  readonly test?: readonly [file: string, title: string]
  readonly reason?: string
}

const commands = 'vm/commands.spec.ts'
const waits = 'vm/waits.spec.ts'
const units = 'vm/units.spec.ts'
const console = 'vm/console.spec.ts'
const life = 'vm/life.spec.ts'
const network = 'vm/network.spec.ts'
const monitor = 'vm/monitor.spec.ts'
const files = 'vm/files.spec.ts'
const screen = 'vm/screen.spec.ts'
const desktop = 'vm/desktop.spec.ts'
const testCommand = 'cli/test-command.spec.ts'

export const requirements: readonly Requirement[] = [
  // Commands.
  {
    driver: 'execute',
    ours: 'execute',
    test: [commands, 'a command gives its streams apart, byte by byte, and its exit code'],
  },
  {
    driver: 'execute: a timeout ends it',
    ours: 'execute',
    test: [
      commands,
      'a command past its deadline is killed with all that it started, and says what it had said',
    ],
  },
  {
    driver: 'execute: check_output=False',
    ours: 'spawn',
    test: [commands, 'a background child neither holds the call nor dies of its end'],
  },
  {
    driver: 'succeed',
    ours: 'succeed',
    test: [commands, 'a failure says what failed and what it said, in the shape of a result'],
  },
  { driver: 'fail', ours: 'fail', test: [commands, 'a success where a failure was due is an error'] },
  {
    driver: 'wait_until_succeeds',
    ours: 'waitUntilSucceeds',
    test: [commands, 'a wait ends with the last thing seen'],
  },
  {
    driver: 'wait_until_fails',
    ours: 'waitUntilFails',
    test: [waits, 'waitUntilFails waits until a command fails'],
  },
  { driver: 'systemctl', ours: 'systemctl', test: [waits, 'systemctl fails where systemctl does'] },
  {
    driver: 'start_job',
    ours: 'startJob',
    test: [units, 'startJob and stopJob wait for systemd, and fail where it does'],
  },
  {
    driver: 'stop_job',
    ours: 'stopJob',
    test: [units, 'startJob and stopJob wait for systemd, and fail where it does'],
  },
  { driver: 'sleep', ours: 'sleep', test: [waits, 'sleep lets time pass in the guest'] },
  {
    driver: 'shell_interact',
    ours: 'spawn',
    test: [commands, 'spawn streams while it runs, takes input and signals'],
  },
  {
    driver: 'console_interact',
    ours: 'sendConsole',
    test: [monitor, 'sendConsole types on the serial console'],
  },
  { driver: 'send_console', ours: 'sendConsole', test: [monitor, 'sendConsole types on the serial console'] },
  {
    driver: 'send_monitor_command',
    ours: 'sendMonitorCommand',
    test: [monitor, 'qmp asks QEMU, typed where it is known, and tells what QEMU refuses'],
  },
  {
    driver: 'ssh_backdoor_command, dump_machine_ssh',
    reason:
      'The agent needs no SSH server in the guest and no network: spawn gives a shell, fledge exec one from the command line',
  },

  // Waits.
  {
    driver: 'retry',
    ours: 'retry',
    test: [
      'unit/machine/retry-until-truthy.spec.ts',
      'retry() fails at its deadline with what it saw last, even when a try never ends',
    ],
  },
  { driver: 'wait_for_unit', ours: 'waitForUnit', test: [waits, 'waitForUnit: active, and soon active'] },
  {
    driver: 'wait_for_unit: of a user',
    ours: 'waitForUnit',
    test: [units, "all verbs of units ask a user's systemd"],
  },
  {
    driver: 'require_unit_state',
    ours: 'requireUnitState',
    test: [units, 'requireUnitState looks once, and says what the state is'],
  },
  {
    driver: 'get_unit_info',
    ours: 'getUnitInfo',
    test: [units, 'getUnitInfo and getUnitProperty give what systemd shows'],
  },
  {
    driver: 'get_unit_property',
    ours: 'getUnitProperty',
    test: [units, 'getUnitInfo and getUnitProperty give what systemd shows'],
  },
  {
    driver: 'wait_for_file',
    ours: 'waitForFile',
    test: [waits, 'waitForFile waits for a path and says that it is not there'],
  },
  {
    driver: 'wait_for_open_port',
    ours: 'waitForOpenPort',
    test: [waits, 'ports open and close, with no tool in the guest'],
  },
  {
    driver: 'wait_for_closed_port',
    ours: 'waitForClosedPort',
    test: [waits, 'ports open and close, with no tool in the guest'],
  },
  {
    driver: 'wait_for_open_unix_socket',
    ours: 'waitForOpenUnixSocket',
    test: [waits, 'waitForOpenUnixSocket waits for streams and datagrams, with no tool in the guest'],
  },
  {
    driver: 'wait_for_console_text',
    ours: 'waitForConsoleText',
    test: [console, 'waitForConsoleText finds each line once, in turn, and what came before the wait'],
  },
  {
    driver: 'get_console_log',
    ours: 'getConsoleLog',
    test: [console, 'waitForConsoleText finds each line once, in turn, and what came before the wait'],
  },
  {
    driver: 'wait_until_tty_matches',
    ours: 'waitUntilTtyMatches',
    test: [console, 'the text of a virtual console is read without OCR'],
  },
  {
    driver: 'get_tty_text',
    ours: 'getTtyText',
    test: [console, 'the text of a virtual console is read without OCR'],
  },
  {
    driver: 'dump_tty_contents',
    ours: 'getTtyText',
    test: [console, 'the text of a virtual console is read without OCR'],
  },
  {
    driver: 'wait_for_qmp_event',
    ours: 'waitForQmpEvent',
    test: [monitor, 'waitForQmpEvent drops nothing, gives nothing twice, and waits for what comes'],
  },
  {
    driver: 'wait_for_shutdown',
    ours: 'waitForShutdown',
    test: [
      life,
      'waitForShutdown waits for a guest that powers itself off, and fails when it ends otherwise',
    ],
  },

  // Files.
  {
    driver: 'copy_from_host',
    ours: 'copyFromHost',
    test: [files, 'a folder goes in and comes out again with modes, links and times'],
  },
  {
    driver: 'copy_from_host_via_shell',
    ours: 'copyFromHost',
    test: [files, 'a file goes to a path, or with a slash into a folder'],
  },
  {
    driver: 'copy_from_machine, copy_from_vm',
    ours: 'copyFromMachine',
    test: [files, 'a folder goes in and comes out again with modes, links and times'],
  },

  // Network.
  {
    driver: 'forward_port',
    ours: 'forwardPort',
    test: [network, 'a forwarded port leads from 127.0.0.1 into the guest'],
  },
  {
    driver: 'block',
    ours: 'block',
    test: [network, 'block pulls the cable of any network card, and unblock puts it back'],
  },
  {
    driver: 'unblock',
    ours: 'unblock',
    test: [network, 'block pulls the cable of any network card, and unblock puts it back'],
  },
  {
    driver: 'vlans, vlan1',
    reason: 'Machines have the network cards for it, and no network between machines can be asked for yet',
  },

  // The screen.
  {
    driver: 'screenshot',
    ours: 'screenshot',
    test: ['vm/clone.spec.ts', 'the screen of a clone shows what the frozen one showed'],
  },

  {
    driver: 'send_key',
    ours: 'sendKey',
    test: [screen, 'sendKey presses chords, and single keys'],
  },
  {
    driver: 'send_chars',
    ours: 'sendChars',
    test: [screen, 'sendChars types every character of ASCII, and long texts without a loss'],
  },
  {
    driver: 'get_screen_text, get_screen_text_variants',
    ours: 'getScreenText',
    test: [screen, 'what is typed at the login of ${image} is read on its screen'],
  },
  {
    driver: 'wait_for_text',
    ours: 'waitForText',
    test: [screen, 'waitForText finds what is written later, and tells what is there when it does not'],
  },
  {
    driver: 'wait_for_x',
    ours: 'waitForX',
    test: [desktop, 'waitForX waits for the display, and waitForWindow for a window'],
  },
  {
    driver: 'wait_for_window',
    ours: 'waitForWindow',
    test: [desktop, 'waitForX waits for the display, and waitForWindow for a window'],
  },
  {
    driver: 'get_window_names',
    ours: 'getWindowNames',
    test: [desktop, 'waitForX waits for the display, and waitForWindow for a window'],
  },

  // Life.
  {
    driver: 'start',
    ours: 'start',
    test: [
      life,
      'machines that were shut down or crashed are started again with their disks, at the same time',
    ],
  },
  {
    driver: 'connect',
    ours: 'launch',
    test: ['vm/clone.spec.ts', 'a clone is fresh: it sees nothing of what another did'],
  },
  {
    driver: 'shutdown',
    ours: 'shutdown',
    test: [life, 'shutdown powers the guest off and ends the machine'],
  },
  { driver: 'crash', ours: 'crash', test: [life, 'crash cuts the power, and pending calls fail'] },
  {
    driver: 'reboot',
    ours: 'reboot',
    test: [life, 'reboot comes back with the agent, the name, the address and the shares'],
  },
  {
    driver: 'switch_root',
    reason: 'No agent runs in the initrd: machines are reached once their root is mounted',
  },
  {
    driver: 'is_up',
    ours: 'isUp',
    test: [
      life,
      'waitForShutdown waits for a guest that powers itself off, and fails when it ends otherwise',
    ],
  },
  {
    driver: 'release',
    ours: 'stop',
    test: [life, 'stop and kill can be called again and at once, and pending calls say so'],
  },
  {
    driver: 'create_efi_vars, read_efi_vars, write_efi_vars, dump_efi_vars',
    reason: 'Firmware variables are the guest’s own files, as efivarfs shows them to execute',
  },

  // State.
  {
    driver: 'name, booted, connected, pid, state_dir, shared_dir, out_dir',
    ours: 'name',
    test: ['vm/clone.spec.ts', 'names, memory and CPUs are as asked'],
  },
  {
    driver: 'keep_machine_state',
    ours: 'keepState',
    test: ['vm/cold.spec.ts', 'a kept disk is there at the next launch, and one machine has it at a time'],
  },

  // Logging.
  {
    driver: 'machine.log, machine.nested, log',
    ours: 'test.step',
    test: [testCommand, 'makes each verb a step with a duration, at the line that called it'],
  },
  {
    driver: 'machine.log_serial, serial_stdout_on, serial_stdout_off',
    ours: 'getConsoleLog',
    test: [testCommand, 'keeps the console of a dead machine, and says what is not there'],
  },
  {
    driver: 'subtest',
    ours: 'test.step',
    test: [testCommand, 'makes each verb a step with a duration, at the line that called it'],
  },
  {
    driver: 'terminal logger',
    ours: 'reporters of Playwright',
    test: [testCommand, 'shows what a command said, and attaches the evidence'],
  },
  {
    driver: 'XML and JUnit loggers',
    ours: 'reporters of Playwright',
    test: [testCommand, 'makes each verb a step with a duration, at the line that called it'],
  },

  // Globals of a script.
  {
    driver: '<nodename>, machine, machines',
    ours: 'vm',
    test: [testCommand, 'gives each test a fresh machine, and none to one that asks for none'],
  },
  {
    driver: 'start_all',
    ours: 'startAll',
    test: [
      life,
      'machines that were shut down or crashed are started again with their disks, at the same time',
    ],
  },
  {
    driver: 'join_all',
    ours: 'joinAll',
    test: [
      life,
      'machines that were shut down or crashed are started again with their disks, at the same time',
    ],
  },
  {
    driver: 'run_tests, test_script',
    ours: 'fledge test',
    test: [testCommand, 'runs the projects of the own configuration, and those of --image in their place'],
  },
  {
    driver: 'global timeout',
    ours: 'time limits of Playwright',
    test: [testCommand, 'ends a verb before the test, with its own error'],
  },
  {
    driver: 'polling_condition',
    ours: 'pollingCondition',
    test: [
      'vm/polling-condition.spec.ts',
      'a condition that fails breaks off the command that runs, and kills it',
    ],
  },
  {
    driver: 'create_machine',
    ours: 'launch',
    test: [
      'fixtures/lookalike-promises.ts',
      '${title}: it is up, with no unit failed and cloud-init switched off',
    ],
  },
  {
    driver: 'debug.breakpoint',
    reason: 'Tests are programs of Node: "debugger" and node --inspect stop them',
  },
  {
    driver: 't',
    ours: 'expect',
    test: ['vm/matchers.spec.ts', 'toHaveUnit waits for a state, and shows the journal'],
  },

  // The tests of nix-vm-test.
  {
    driver: 'R1: each image boots without network and reaches multi-user.target',
    ours: 'launch',
    test: ['vm/images.spec.ts', '${image} becomes a machine with all that was promised'],
  },
  {
    driver: 'R2: a larger disk, with its partition and its file system',
    ours: 'diskGiB',
    test: [
      'fixtures/lookalike-promises.ts',
      '${title}: its disk, its partition and its file system have grown',
    ],
  },
  {
    driver: 'R3: two folders of the host in the guest',
    ours: 'shares',
    test: ['vm/shares.spec.ts', 'shares are there before the first command, each with its access'],
  },
  {
    driver: 'R4: sudo that writes UTF-8 to the terminal',
    ours: 'spawn',
    test: [commands, 'sudo tells of a program with another name than ASCII'],
  },
  {
    driver: 'R5: what the host provides is seen, runs and is registered',
    ours: 'shares',
    test: ['vm/shares.spec.ts', 'modes of the host are seen in a read-only share, and its programs run'],
  },
  {
    driver: 'R6: each image is downloaded and has its digest',
    ours: 'pullImage',
    test: ['cli/pull.spec.ts', 'fledge images pull downloads, and prints where that is'],
  },
]
