import { checkLeaks } from '../../fixtures/leaks.ts'
import { onlyInTestAll, promisesOf, netplan } from '../../fixtures/lookalike-promises.ts'

onlyInTestAll()

// As the RHEL family: its root is xfs, and its kernel has no 9p.
promisesOf({
  title: 'xfs without 9p',
  suite: 'bookworm',
  options: { ROOTFS: 'xfs', KERNEL: 'cloud' },
  rootFileSystem: 'xfs',
  network: netplan,
  card: /^en/,
  shares: 'copied',
})

checkLeaks()
