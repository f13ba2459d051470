import { checkLeaks } from '../../fixtures/leaks.ts'
import { onlyInTestAll, promisesOf, netplan } from '../../fixtures/lookalike-promises.ts'

onlyInTestAll()

promisesOf({
  title: 'Debian 13',
  suite: 'trixie',
  rootFileSystem: 'ext4',
  network: netplan,
  card: /^en/,
  shares: 'mounted',
})

checkLeaks()
