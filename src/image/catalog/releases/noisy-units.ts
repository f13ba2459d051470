/** What packages of Debian and its kin bring: work on its own schedule, which a clone's clock would set off in the middle of a test. */
export const noisyOfApt: readonly string[] = [
  'apt-daily.timer',
  'apt-daily.service',
  'apt-daily-upgrade.timer',
  'apt-daily-upgrade.service',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  'logrotate.timer',
  'man-db.timer',
  'unattended-upgrades.service',
]

/** What Fedora and the Enterprise Linux family have in common. */
export const noisyOfDnf: readonly string[] = [
  'dnf-makecache.timer',
  'dnf-automatic.timer',
  'packagekit.service',
  'fstrim.timer',
  'logrotate.timer',
  'NetworkManager-wait-online.service',
]
