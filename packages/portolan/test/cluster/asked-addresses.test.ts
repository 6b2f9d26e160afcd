import { expect, test } from '@jest/globals'
import { askedAddresses } from '../../src/cluster/asked-addresses.ts'

const own = new Set(['192.0.2.11', '192.0.2.12', '2001:db8::11'])

test('one address of each family may be asked for', () => {
  expect(askedAddresses([], own)).toEqual({ ip: null, ip6: null })
  expect(askedAddresses(['2001:DB8::11', '192.0.2.11'], own)).toEqual({
    ip: '192.0.2.11',
    ip6: '2001:db8::11',
  })
})

test.each([
  [['web-2'], /"web-2" is no IP address/],
  [['fe80::11'], /fe80::11 is link-local.*it has 192\.0\.2\.11/],
  [['fe80::11%eth0'], /fe80::11%eth0 is link-local.*it has 192\.0\.2\.11/],
  [['FEBF::1'], /is link-local/],
  [['192.0.2.99'], /no address 192\.0\.2\.99 .* It has 192\.0\.2\.11, 192\.0\.2\.12/],
  [['192.0.2.12', '192.0.2.12'], /names 192\.0\.2\.12 twice/],
  [['192.0.2.11', '192.0.2.12'], /one of each family/],
])('%j is refused', (asked, why) => {
  expect(() => askedAddresses(asked, own)).toThrow(why)
})
