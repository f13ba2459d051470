import { checkLeaks } from '../../fixtures/leaks.ts'
import { netplan, promisesOf } from '../../fixtures/lookalike-promises.ts'

promisesOf({
  title: 'Debian 12',
  suite: 'bookworm',
  rootFileSystem: 'ext4',
  network: netplan,
  card: /^en/,
  shares: true,
})

checkLeaks()
