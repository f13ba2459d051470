/** What every image has, besides the packages that the distribution requires everywhere. */
export const basePackages: readonly string[] = [
  'systemd',
  'systemd-sysv',
  'libpam-systemd',
  'dbus',
  'udev',
  'kmod',
  'ca-certificates',
  'e2fsprogs',
  'iproute2',
  'iputils-ping',
  'netbase',
  'procps',
  'sudo',
  'xz-utils',
  'openssh-server',
  'cpio',
  // The generic kernel: the "cloud" one has no 9p, no screen and no vmgenid.
  'linux-image-amd64',
]
