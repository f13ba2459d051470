import { checkLeaks } from '../../fixtures/leaks.ts'
import { onlyInTestAll, promisesOf, ifupdown } from '../../fixtures/lookalike-promises.ts'

onlyInTestAll()

// Debian 11 has ifupdown and resolvconf.
promisesOf({
  title: 'Debian 11',
  suite: 'bullseye',
  rootFileSystem: 'ext4',
  network: ifupdown,
  card: /^en/,
  shares: 'mounted',
})

checkLeaks()
