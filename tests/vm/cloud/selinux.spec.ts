import { expect } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { onlyInTestAll, promisesOf, netplan } from '../../fixtures/lookalike-promises.ts'

onlyInTestAll()

const test = promisesOf({
  title: 'SELinux',
  suite: 'bookworm',
  options: { SELINUX: '1' },
  rootFileSystem: 'ext4',
  network: netplan,
  card: /^en/,
  shares: 'mounted',
})

test('SELinux: it is enforcing, the agent runs unconfined, its files have their labels, and nothing is denied to it', async ({
  vm,
}) => {
  expect((await vm.succeed('getenforce')).stdout).toBe('Enforcing\n')
  expect((await vm.succeed('ps -o label= -C fledge-agent')).stdout).toMatch(
    /:(unconfined_service_t|initrc_t|unconfined_t):/,
  )
  expect((await vm.succeed('stat -c %C /usr/lib/fledge/fledge-agent')).stdout).toContain(':bin_t:')
  // What restorecon would change is what has another label than the policy wants.
  const relabelled = await vm.succeed(
    'restorecon -nRv /usr/lib/fledge /etc/systemd /etc/hosts /etc/hostname /etc/ssh',
  )
  expect(relabelled.stdout).toBe('')
  // What the kernel says before auditd is there is in its own log.
  const { stdout } = await vm.succeed(`cat /var/log/audit/audit.log > /tmp/audit
dmesg >> /tmp/audit
grep -c avc: /tmp/audit || true
grep avc: /tmp/audit | grep fledge || true`)
  const [all, ...ours] = stdout.trim().split('\n')
  expect(Number(all)).not.toBeNaN()
  expect(ours).toEqual([])
})

checkLeaks()
