import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { lastForward } from '../../../src/qemu/host-forward.ts'

const table = `Hub -1 (net0):
  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ
  TCP[HOST_FORWARD]  13       127.0.0.1 40522       10.0.2.15    80     0     0
  TCP[HOST_FORWARD]  12       127.0.0.1 40521       10.0.2.15    80     0     0
  TCP[ESTABLISHED]   14       127.0.0.1 40999       10.0.2.15    22     0     0
  UDP[236 sec]       15       10.0.2.15 46083       10.0.2.3     53     0     0
`

test('lastForward() finds the newest forward to a port, and no other connection', () => {
  expect(lastForward(table, 80)).toBe(40_522)
  expect(() => lastForward(table, 22)).toThrow('Cannot find the forwarded port')
})

test('lastForward() tells TCP and UDP apart', () => {
  const table = `Hub -1 (net0):
  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ
  UDP[HOST_FORWARD]  13       127.0.0.1 40522       10.0.2.15    80     0     0
  TCP[HOST_FORWARD]  12       127.0.0.1 40521       10.0.2.15    80     0     0
`
  expect(lastForward(table, 80)).toBe(40_521)
  expect(lastForward(table, 80, 'udp')).toBe(40_522)
  expect(() => lastForward(table, 81, 'udp')).toThrow('Cannot find the forwarded port')
})

checkLeaks()
