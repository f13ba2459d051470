import { checkLeaks } from '../../fixtures/leaks.ts'
import { onlyInTestAll, promisesOf, networkManager } from '../../fixtures/lookalike-promises.ts'

onlyInTestAll()

// As the RHEL family: NetworkManager, and a card that is named eth0.
promisesOf({
  title: 'NetworkManager and eth0',
  suite: 'bookworm',
  options: { NETWORK: 'NetworkManager', CMDLINE: 'net.ifnames=0' },
  rootFileSystem: 'ext4',
  network: networkManager,
  card: /^eth0$/,
  shares: 'mounted',
})

checkLeaks()
