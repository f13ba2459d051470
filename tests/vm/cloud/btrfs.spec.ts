import { checkLeaks } from '../../fixtures/leaks.ts'
import { onlyInTestAll, promisesOf, netplan } from '../../fixtures/lookalike-promises.ts'

onlyInTestAll()

// As Fedora: its root is a subvolume.
promisesOf({
  title: 'btrfs',
  suite: 'bookworm',
  options: { ROOTFS: 'btrfs' },
  rootFileSystem: 'btrfs',
  network: netplan,
  card: /^en/,
  shares: 'mounted',
})

checkLeaks()
