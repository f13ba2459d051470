/** A test that shows what there is, and passes on any image with systemd. */
export const firstTest = `import { expect, test } from 'fledge/test'

// Paths of this host begin in the folder of the configuration. This one is only read.
test.use({ shares: { '/mnt/project': '.' } })

const unit = \`
[Unit]
Description=Greets
[Service]
ExecStart=/bin/sh -c 'echo "Hello from %H"; exec sleep infinity'
Restart=on-failure
\`

// "vm" is a machine of this test's own: a fresh clone of one that was booted once, and frozen while it ran.
test('the machine sees the project', async ({ vm }) => {
  // "succeed" fails the test unless the command's exit status is 0; "fail" wants another; "execute" takes any.
  const { stdout } = await vm.succeed('cat /mnt/project/package.json')
  expect(JSON.parse(stdout)).toHaveProperty('scripts')
  await vm.fail('touch /mnt/project/new-file')
})

test('a service comes back when it is killed', async ({ vm }) => {
  await vm.succeed('cat > /etc/systemd/system/greeter.service', { stdin: unit })
  await vm.succeed('systemctl daemon-reload')
  await vm.succeed('systemctl start greeter')
  // Matchers look again until it is so, or their time is over.
  await expect(vm).toHaveUnit('greeter.service')
  await expect(vm).toHaveLogged(\`Hello from \${vm.name}\`, { unit: 'greeter.service' })

  await vm.succeed('systemctl kill --signal=KILL greeter')
  await expect(vm).toSucceed('systemctl show greeter --property=NRestarts | grep -x NRestarts=1')
  await expect(vm).toHaveUnit('greeter.service')
})

test('the next machine knows nothing of it', async ({ vm }) => {
  await vm.fail('test -e /etc/systemd/system/greeter.service')
})
`
