import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { parseAptSettings } from '../../../src/image/apt-settings.ts'

test('parseAptSettings() takes proxies and dates, and nothing else', () => {
  const dump = `APT "";
Acquire "";
Acquire::http "";
Acquire::http::Proxy "http://proxy.example:3128";
Acquire::http::Proxy::mirror.example "DIRECT";
Acquire::https::Verify-Peer "false";
Acquire::Check-Valid-Until "false";
Acquire::Check-Date "true";
Acquire::AllowInsecureRepositories "true";
`
  expect(parseAptSettings(dump)).toEqual({
    connection: [
      'Acquire::http::Proxy "http://proxy.example:3128";',
      'Acquire::http::Proxy::mirror.example "DIRECT";',
    ],
    dates: ['Acquire::Check-Valid-Until "false";'],
  })
})

checkLeaks()
