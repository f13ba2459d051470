/** What packages by apt bring. */
export const noisyOfApt: readonly string[] = [
  'apt-daily.timer',
  'apt-daily.service',
  'apt-daily-upgrade.timer',
  'apt-daily-upgrade.service',
  'unattended-upgrades.service',
  'dpkg-db-backup.timer',
  'man-db.timer',
  'fstrim.timer',
  'e2scrub_all.timer',
]

/** What Fedora and the Enterprise Linux family have in common. */
export const noisyOfDnf: readonly string[] = ['dnf-makecache.timer', 'NetworkManager-wait-online.service']
