import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { classicPool, countSubnets, dockerPool, parsePool } from '../../src/index.ts'

test.each([
  [classicPool, [], 0n, 12n],
  // Three entries of classic are inside of 10.0.0.0/16, or are it.
  [classicPool, ['10.0.0.0/16'], 3n, 9n],
  [classicPool, ['10.0.42.0/24'], 2n, 10n],
  [dockerPool, [], 0n, 31n],
  [dockerPool, ['172.21.0.0/16', '192.168.16.0/20', '10.0.0.0/8'], 2n, 29n],
  [parsePool('10.200.0.0/16:24'), ['10.200.7.0/24', '10.200.8.0/26', '10.200.8.64/26'], 2n, 254n],
  [parsePool('10.200.0.0/16:24'), ['10.200.16.0/20'], 16n, 240n],
  [parsePool('10.200.0.0/16:24'), ['10.0.0.0/8'], 256n, 0n],
  [parsePool('fd00::/48:64'), ['fd00::/64', 'fd00:0:1::/64'], 1n, 65_535n],
])('%j with %j', (pool, leased, used, free) => {
  expect(countSubnets(pool, leased)).toEqual({ used, free })
})

test('as counting them one by one', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(fc.nat(63), fc.constantFrom(22, 23, 24, 26, 28)), {
        selector: ([at]) => at >> 2,
        maxLength: 8,
      }),
      (leases) => {
        // Each lease has a /22 of its own, so that none overlaps another.
        const leased = leases.map(([at, length]) => {
          const slot = length >= 24 ? at : at & ~(2 ** (24 - length) - 1)
          return { slot, width: length >= 24 ? 1 : 2 ** (24 - length), text: `10.9.${slot}.0/${length}` }
        })
        const used = new Set(
          leased.flatMap(({ slot, width }) => Array.from({ length: width }, (_, i) => slot + i)),
        )
        expect(
          countSubnets(
            parsePool('10.9.0.0/18:24'),
            leased.map(({ text }) => text),
          ),
        ).toEqual({
          used: BigInt(used.size),
          free: BigInt(64 - used.size),
        })
      },
    ),
  )
})
