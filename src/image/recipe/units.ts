import { noisyOfApt } from '../catalog/releases/noisy-units.ts'

/** Units that are started at boot. */
export const enabledUnits: readonly string[] = ['systemd-networkd.service', 'fledge-ssh-host-key.service']

/** Units that are there, but start only when a test starts them. Those that a release lacks are passed over. */
export const disabledUnits: readonly string[] = [
  'ssh.service',
  'ssh.socket',
  // Costs time at boot and finds nothing in a test machine.
  'systemd-networkd-wait-online.service',
  'systemd-pstore.service',
  'remote-fs.target',
]

/** Units of systemd itself that get in the way of tests, on any distribution. */
export const noisyOfSystemd: readonly string[] = [
  'systemd-tmpfiles-clean.timer',
  // The serial console is for what kernel and systemd say; the screen has a login.
  'serial-getty@ttyS0.service',
]

/** Units that must not start, whether they are there, come with a package later, or never. */
export const maskedUnits: readonly string[] = [...noisyOfApt, ...noisyOfSystemd]

/** Generators for hardware that is not there. Each costs at boot, and again at each daemon-reload. */
export const maskedGenerators: readonly string[] = [
  'systemd-bless-boot-generator',
  'systemd-cryptsetup-generator',
  'systemd-factory-reset-generator',
  'systemd-gpt-auto-generator',
  'systemd-hibernate-resume-generator',
  'systemd-integritysetup-generator',
  'systemd-ssh-generator',
  'systemd-tpm2-generator',
  'systemd-veritysetup-generator',
]
